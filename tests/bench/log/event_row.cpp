#include "tests/bench/log/event_row.h"

#include "core/base/assert.h"
#include "core/base/wire.h"

namespace refold::bench {
namespace {

constexpr std::size_t varint_bytes_max = 10;
constexpr std::size_t head_bytes = 8 + 8 + 2 + 2 + 4;

class RowWriter {
 public:
  explicit RowWriter(std::uint8_t* to) : at_(to) {}
  template <class Integer>
  void fixed(Integer value) {
    store_le(at_, value);
    at_ += sizeof value;
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at_++ = static_cast<std::uint8_t>(value | 0x80);
    *at_++ = static_cast<std::uint8_t>(value);
  }
  void sized(ByteView value) {
    varint(value.size());
    if (!value.empty()) std::memcpy(at_, value.data(), value.size());
    at_ += value.size();
  }
  void sized(std::string_view value) { sized(bytes_of(value)); }
  [[nodiscard]] const std::uint8_t* at() const { return at_; }

 private:
  std::uint8_t* at_;
};

}  // namespace

void encode_event_row(const log::Event& event, Bytes& row) {
  REFOLD_ASSERT(event.stored_cid == nullptr, "a row has no place for a stored CID");
  row.resize(head_bytes + 11 * varint_bytes_max + event.source.size() + event.did.size() +
             event.collection.size() + event.rkey.size() + event.record.size() +
             event.previous_record.size() + event.status.size() + event.handle.size());
  RowWriter out(row.data());
  out.fixed(event.witness_us);
  out.fixed(event.rev.value);
  out.fixed(event.flags);
  out.fixed(event.order);
  out.fixed(static_cast<std::uint8_t>(event.kind));
  out.fixed(static_cast<std::uint8_t>(event.missing));
  out.fixed(static_cast<std::uint8_t>(event.previous_state));
  out.fixed(static_cast<std::uint8_t>(event.active ? 1 : 0));
  out.varint(event.previous_seq);
  out.varint(event.upstream_seq);
  out.varint(zigzag(event.upstream_us));
  out.sized(event.source);
  out.sized(event.did);
  out.sized(event.collection);
  out.sized(event.rkey);
  out.sized(event.status);
  out.sized(event.handle);
  out.sized(event.record);
  out.sized(event.previous_record);
  row.resize(static_cast<std::size_t>(out.at() - row.data()));
}

Result<void> decode_event_row(ByteView row, log::Seq seq, log::Event& event) {
  WireReader in(row);
  event.seq = seq;
  event.witness_us = in.fixed<std::int64_t>();
  event.rev.value = in.fixed<std::uint64_t>();
  event.flags = in.fixed<std::uint16_t>();
  event.order = in.fixed<std::uint16_t>();
  event.kind = static_cast<log::Kind>(in.fixed<std::uint8_t>());
  event.missing = static_cast<log::Missing>(in.fixed<std::uint8_t>());
  event.previous_state = static_cast<log::PreviousState>(in.fixed<std::uint8_t>());
  event.active = in.fixed<std::uint8_t>() != 0;
  event.stored_cid = nullptr;
  event.previous_seq = in.varint();
  event.upstream_seq = in.varint();
  event.upstream_us = unzigzag(in.varint());
  event.source = in.sized_text(row.size());
  event.did = in.sized_text(row.size());
  event.collection = in.sized_text(row.size());
  event.rkey = in.sized_text(row.size());
  event.status = in.sized_text(row.size());
  event.handle = in.sized_text(row.size());
  event.record = in.sized(row.size());
  event.previous_record = in.sized(row.size());
  if (in.finished()) return ok();
  return Error{Errc::corrupt, "row of event " + std::to_string(seq) + ": malformed"};
}

}  // namespace refold::bench
