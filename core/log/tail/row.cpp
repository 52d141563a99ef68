#include "core/log/tail/row.h"

#include <iterator>
#include <string>

#include "core/base/digest.h"
#include "core/base/wire.h"
#include "core/log/damage.h"
#include "core/log/limits.h"

namespace refold::log {
namespace {

// The CID lies in the row as it lies in memory, so that a decoded event can point at it.
static_assert(sizeof(atproto::Cid) == 33 && alignof(atproto::Cid) == 1);
constexpr std::size_t cid_bytes = sizeof(atproto::Cid);

constexpr std::size_t checksum_bytes = 8;

namespace field {
constexpr std::uint8_t order = 1;
constexpr std::uint8_t previous_seq = 2;
constexpr std::uint8_t status = 4;
constexpr std::uint8_t handle = 8;
constexpr std::uint8_t upstream = 16;
constexpr std::uint8_t cid = 32;
constexpr std::uint8_t record = 64;
constexpr std::uint8_t previous_record = 128;
}  // namespace field

std::uint8_t fields_of(const Event& event) noexcept {
  unsigned fields = 0;
  if (event.order != 0) fields |= field::order;
  if (event.previous_seq != 0) fields |= field::previous_seq;
  if (!event.status.empty()) fields |= field::status;
  if (!event.handle.empty()) fields |= field::handle;
  if (event.upstream_seq != 0 || event.upstream_us != 0) fields |= field::upstream;
  if (event.stored_cid != nullptr) fields |= field::cid;
  if (!event.record.empty()) fields |= field::record;
  if (!event.previous_record.empty()) fields |= field::previous_record;
  return static_cast<std::uint8_t>(fields);
}

std::uint8_t state_of(const Event& event) noexcept {
  return static_cast<std::uint8_t>(static_cast<unsigned>(event.missing) |
                                   static_cast<unsigned>(event.previous_state) << 3 |
                                   (event.active ? 32U : 0U));
}

constexpr std::size_t varint_bytes(std::uint64_t value) noexcept {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

constexpr std::size_t sized_bytes(std::size_t length) noexcept {
  return varint_bytes(length) + length;
}

/// Writes without looking at bounds: row_bytes() has found them.
class RowWriter {
 public:
  explicit RowWriter(std::uint8_t* to) noexcept : at_(to) {}

  template <class Integer>
  void fixed(Integer value) noexcept {
    store_le(at_, value);
    at_ += sizeof value;
  }
  void varint(std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7) *at_++ = static_cast<std::uint8_t>(value | 0x80);
    *at_++ = static_cast<std::uint8_t>(value);
  }
  void bytes(const void* from, std::size_t count) noexcept {
    if (count != 0) std::memcpy(at_, from, count);
    at_ += count;
  }
  void sized(ByteView value) noexcept {
    varint(value.size());
    bytes(value.data(), value.size());
  }
  void sized(std::string_view value) noexcept { sized(bytes_of(value)); }
  [[nodiscard]] const std::uint8_t* at() const noexcept { return at_; }

 private:
  std::uint8_t* at_;
};

bool within_bounds(const Event& event) noexcept {
  return event.source.size() <= source_bytes_max && event.did.size() <= did_bytes_max &&
         event.collection.size() <= collection_bytes_max && event.rkey.size() <= rkey_bytes_max &&
         event.status.size() <= status_bytes_max && event.handle.size() <= handle_bytes_max &&
         event.record.size() <= record_bytes_max &&
         event.previous_record.size() <= record_bytes_max;
}

/// Precondition: a field is out of bounds.
Error name_too_large(const Event& event) {
  struct Bound {
    std::string_view what;
    std::size_t size;
    std::size_t limit;
  };
  const Bound bounds[] = {
      {"source", event.source.size(), source_bytes_max},
      {"did", event.did.size(), did_bytes_max},
      {"collection", event.collection.size(), collection_bytes_max},
      {"rkey", event.rkey.size(), rkey_bytes_max},
      {"status", event.status.size(), status_bytes_max},
      {"handle", event.handle.size(), handle_bytes_max},
      {"record", event.record.size(), record_bytes_max},
      {"previous_record", event.previous_record.size(), record_bytes_max},
  };
  const Bound* over = std::begin(bounds);
  while (over->size <= over->limit) ++over;
  return {Errc::too_large, std::string(over->what) + " has " + std::to_string(over->size) +
                               " bytes, the limit is " + std::to_string(over->limit)};
}

Error malformed(Seq seq, std::string_view what) {
  return damaged("event " + std::to_string(seq),
                 "its row is malformed (" + std::string(what) + ")");
}

bool known_codec(const atproto::Cid* cid) noexcept {
  return cid == nullptr || cid->codec == atproto::Cid::Codec::dag_cbor ||
         cid->codec == atproto::Cid::Codec::raw;
}

/// The fields behind the head. False if one is out of range; the reader's failed() tells whether
/// they were all there.
bool decode_fields(WireReader& in, std::uint8_t fields, Event& event) noexcept {
  event.source = in.sized_text(source_bytes_max);
  event.did = in.sized_text(did_bytes_max);
  event.collection = in.sized_text(collection_bytes_max);
  event.rkey = in.sized_text(rkey_bytes_max);
  const std::uint64_t order = (fields & field::order) != 0 ? in.varint() : 0;
  event.order = static_cast<std::uint16_t>(order);
  event.previous_seq = (fields & field::previous_seq) != 0 ? in.varint() : 0;
  event.status = (fields & field::status) != 0 ? in.sized_text(status_bytes_max) : "";
  event.handle = (fields & field::handle) != 0 ? in.sized_text(handle_bytes_max) : "";
  event.upstream_seq = (fields & field::upstream) != 0 ? in.varint() : 0;
  event.upstream_us = (fields & field::upstream) != 0 ? unzigzag(in.varint()) : 0;
  const ByteView cid = (fields & field::cid) != 0 ? in.bytes(cid_bytes) : ByteView{};
  event.stored_cid = cid.empty() ? nullptr : reinterpret_cast<const atproto::Cid*>(cid.data());
  event.record = (fields & field::record) != 0 ? in.sized(record_bytes_max) : ByteView{};
  event.previous_record =
      (fields & field::previous_record) != 0 ? in.sized(record_bytes_max) : ByteView{};
  return order == event.order && known_codec(event.stored_cid);
}

}  // namespace

Result<void> check_event(const Event& event) {
  if (!within_bounds(event)) return name_too_large(event);
  if (!is_known(event.kind)) return invalid("the event's kind is unknown");
  if (event.missing > Missing::not_data_model) return invalid("the reason `missing` is unknown");
  if (event.previous_state > PreviousState::unknown) return invalid("previous_state is unknown");
  if (!has_cid(event) && !(event.record.empty() && event.stored_cid == nullptr)) {
    return invalid("only a create or an update has a record and a CID");
  }
  if (has_cid(event) && event.record.empty() == (event.stored_cid == nullptr)) {
    return invalid("a create or update has either its record or, without it, a stored CID");
  }
  if (!known_codec(event.stored_cid)) return invalid("the stored CID has an unknown codec");
  return ok();
}

std::size_t row_bytes(const Event& event) noexcept {
  std::size_t bytes = row_head_bytes + sized_bytes(event.source.size()) +
                      sized_bytes(event.did.size()) + sized_bytes(event.collection.size()) +
                      sized_bytes(event.rkey.size());
  const std::uint8_t fields = fields_of(event);
  if ((fields & field::order) != 0) bytes += varint_bytes(event.order);
  if ((fields & field::previous_seq) != 0) bytes += varint_bytes(event.previous_seq);
  if ((fields & field::status) != 0) bytes += sized_bytes(event.status.size());
  if ((fields & field::handle) != 0) bytes += sized_bytes(event.handle.size());
  if ((fields & field::upstream) != 0) {
    bytes += varint_bytes(event.upstream_seq) + varint_bytes(zigzag(event.upstream_us));
  }
  if ((fields & field::cid) != 0) bytes += cid_bytes;
  if ((fields & field::record) != 0) bytes += sized_bytes(event.record.size());
  if ((fields & field::previous_record) != 0) bytes += sized_bytes(event.previous_record.size());
  return bytes;
}

void encode_row(const Event& event, std::uint8_t* to) noexcept {
  const std::uint8_t fields = fields_of(event);
  RowWriter out(to + checksum_bytes);
  out.fixed(event.witness_us);
  out.fixed(static_cast<std::uint8_t>(event.kind));
  out.fixed(state_of(event));
  out.fixed(event.flags);
  out.fixed(event.rev.value);
  out.fixed(fields);
  out.sized(event.source);
  out.sized(event.did);
  out.sized(event.collection);
  out.sized(event.rkey);
  if ((fields & field::order) != 0) out.varint(event.order);
  if ((fields & field::previous_seq) != 0) out.varint(event.previous_seq);
  if ((fields & field::status) != 0) out.sized(event.status);
  if ((fields & field::handle) != 0) out.sized(event.handle);
  if ((fields & field::upstream) != 0) {
    out.varint(event.upstream_seq);
    out.varint(zigzag(event.upstream_us));
  }
  if ((fields & field::cid) != 0) out.bytes(event.stored_cid, cid_bytes);
  if ((fields & field::record) != 0) out.sized(event.record);
  if ((fields & field::previous_record) != 0) out.sized(event.previous_record);
  store_le(to, checksum({to + checksum_bytes, out.at()}, event.seq));
}

Result<bool> decode_row(ByteView row, Seq seq, Event& event) {
  event.seq = seq;
  if (row.size() < row_head_bytes) return malformed(seq, std::to_string(row.size()) + " bytes");
  const auto stored = load_le<std::uint64_t>(row.data());
  const std::uint64_t found = checksum(row.subspan(checksum_bytes), seq);
  if (stored != found) {
    return checksum_mismatch("event " + std::to_string(seq), stored, found);
  }
  WireReader in(row.subspan(checksum_bytes));
  event.witness_us = in.fixed<std::int64_t>();
  event.kind = static_cast<Kind>(in.fixed<std::uint8_t>());
  if (!is_known(event.kind)) return false;
  const auto state = in.fixed<std::uint8_t>();
  event.missing = static_cast<Missing>(state & 7);
  event.previous_state = static_cast<PreviousState>(state >> 3 & 3);
  event.active = (state & 32) != 0;
  event.flags = in.fixed<std::uint16_t>();
  event.rev.value = in.fixed<std::uint64_t>();
  const auto fields = in.fixed<std::uint8_t>();
  const bool in_range = decode_fields(in, fields, event);
  if (!in.finished()) return malformed(seq, "its lengths do not add up");
  if (!in_range || state > 63 || event.missing > Missing::not_data_model ||
      event.previous_state > PreviousState::unknown) {
    return malformed(seq, "a value out of range");
  }
  return true;
}

}  // namespace refold::log
