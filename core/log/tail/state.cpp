#include "core/log/tail/state.h"

#include <algorithm>

#include "core/base/wire.h"

namespace refold::log {
namespace {

template <std::size_t Size>
void read_array(WireReader& in, std::array<std::uint8_t, Size>& to) noexcept {
  const ByteView bytes = in.bytes(Size);
  std::copy(bytes.begin(), bytes.end(), to.begin());
}

}  // namespace

Bytes encode(const Identity& identity) {
  Bytes value;
  append(value, identity.log_id);
  put_fixed(value, identity.created_us);
  return value;
}

bool decode(ByteView value, Identity& identity) noexcept {
  WireReader in(value);
  read_array(in, identity.log_id);
  identity.created_us = in.fixed<std::int64_t>();
  return in.finished();
}

Bytes encode(const TailState& state) {
  Bytes value;
  value.reserve(sizeof state);
  put_fixed(value, state.last);
  put_fixed(value, state.last_us);
  put_fixed(value, state.sealed_last);
  put_fixed(value, state.pruned_last);
  put_fixed(value, state.segments_version);
  put_fixed(value, state.redaction_epoch);
  put_fixed(value, state.segment_bytes);
  return value;
}

bool decode(ByteView value, TailState& state) noexcept {
  WireReader in(value);
  state.last = in.fixed<Seq>();
  state.last_us = in.fixed<std::int64_t>();
  state.sealed_last = in.fixed<Seq>();
  state.pruned_last = in.fixed<Seq>();
  state.segments_version = in.fixed<std::uint64_t>();
  state.redaction_epoch = in.fixed<std::uint64_t>();
  state.segment_bytes = in.fixed<std::uint64_t>();
  return in.finished() && state.pruned_last <= state.sealed_last && state.sealed_last <= state.last;
}

Bytes encode(const ClockJump& jump) {
  Bytes value;
  put_fixed(value, jump.back_us);
  put_fixed(value, jump.seq);
  put_fixed(value, jump.witness_us);
  return value;
}

bool decode(ByteView value, ClockJump& jump) noexcept {
  WireReader in(value);
  jump.back_us = in.fixed<std::int64_t>();
  jump.seq = in.fixed<Seq>();
  jump.witness_us = in.fixed<std::int64_t>();
  return in.finished();
}

Bytes encode(const SegmentInfo& info) {
  Bytes value;
  put_fixed(value, info.first);
  put_fixed(value, info.last);
  put_fixed(value, info.rewrite);
  put_fixed(value, info.first_us);
  put_fixed(value, info.last_us);
  put_fixed(value, info.file_bytes);
  put_fixed(value, info.file_checksum);
  append(value, info.chain_before);
  append(value, info.chain);
  return value;
}

bool decode(ByteView value, SegmentInfo& info) noexcept {
  WireReader in(value);
  info.first = in.fixed<Seq>();
  info.last = in.fixed<Seq>();
  info.rewrite = in.fixed<std::uint64_t>();
  info.first_us = in.fixed<std::int64_t>();
  info.last_us = in.fixed<std::int64_t>();
  info.file_bytes = in.fixed<std::uint64_t>();
  info.file_checksum = in.fixed<std::uint64_t>();
  read_array(in, info.chain_before);
  read_array(in, info.chain);
  return in.finished() && info.first != 0 && info.first <= info.last;
}

}  // namespace refold::log
