#include "core/view/checkpoint.h"

#include <algorithm>

#include "core/base/wire.h"

namespace refold::view {
namespace {

constexpr std::uint64_t checkpoint_version = 1;
constexpr std::uint64_t text_bytes_max = std::uint64_t{1} << 24;

void put_text(Bytes& to, std::string_view text) { put_sized(to, bytes_of(text)); }
std::string text(WireReader& in) { return std::string(in.sized_text(text_bytes_max)); }

}  // namespace

Bytes encode(const Checkpoint& checkpoint) {
  Bytes to;
  put_varint(to, checkpoint_version);
  put_varint(to, checkpoint.seq);
  put_fixed(to, checkpoint.event_checksum);
  append(to, checkpoint.log_id);
  put_varint(to, checkpoint.redaction_epoch);
  put_varint(to, checkpoint.generation);
  put_text(to, checkpoint.projection);
  put_text(to, checkpoint.plugin);
  put_text(to, checkpoint.version);
  put_text(to, checkpoint.build_id);
  put_varint(to, checkpoint.fold);
  put_text(to, checkpoint.options);
  put_varint(to, checkpoint.layouts.size());
  for (const std::string& layout : checkpoint.layouts) put_text(to, layout);
  put_varint(to, checkpoint.skipped.size());
  for (const std::uint64_t seq : checkpoint.skipped) put_varint(to, seq);
  put_varint(to, checkpoint.unverified ? 1 : 0);
  return to;
}

Result<Checkpoint> decode_checkpoint(ByteView stored) {
  WireReader in(stored);
  const std::uint64_t version = in.varint();
  if (!in.failed() && version > checkpoint_version) {
    return Error{Errc::newer_format, "the checkpoint has format version " +
                                         std::to_string(version) + ", this program knows up to " +
                                         std::to_string(checkpoint_version) +
                                         "; use the newer program that wrote it"};
  }
  Checkpoint checkpoint;
  checkpoint.seq = in.varint();
  checkpoint.event_checksum = in.fixed<std::uint64_t>();
  const ByteView log_id = in.bytes(checkpoint.log_id.size());
  std::copy(log_id.begin(), log_id.end(), checkpoint.log_id.begin());
  checkpoint.redaction_epoch = in.varint();
  checkpoint.generation = in.varint();
  checkpoint.projection = text(in);
  checkpoint.plugin = text(in);
  checkpoint.version = text(in);
  checkpoint.build_id = text(in);
  checkpoint.fold = in.varint();
  checkpoint.options = text(in);
  for (std::uint64_t left = in.varint(); left > 0 && !in.failed(); --left) {
    checkpoint.layouts.push_back(text(in));
  }
  for (std::uint64_t left = in.varint(); left > 0 && !in.failed(); --left) {
    checkpoint.skipped.push_back(in.varint());
  }
  checkpoint.unverified = in.varint() != 0;
  if (!in.finished()) return Error{Errc::corrupt, "the checkpoint is malformed"};
  return checkpoint;
}

}  // namespace refold::view
