#include "core/log/codec/dictionary.h"

#include "core/atproto/base32.h"
#include "core/log/limits.h"

namespace refold::log::codec {
namespace {

// No writer makes more: a segment has so many events, and each event a few of them.
constexpr std::uint64_t entries_max = segment_events_max * 4;

}  // namespace

std::string Dictionary::read(ByteView bytes, ByteView tables) {
  WireReader from(bytes);
  const ByteView prefix = from.sized(text_prefix_bytes_max * 2);
  text_prefix_ = std::make_unique<Prefix>(prefix);
  if (!read_heads(from)) return "its heads cannot be read";
  if (!read_dids(from)) return "its DIDs cannot be read";
  if (!read_shapes(from)) return "its shapes cannot be read";
  if (!from.finished()) return "bytes follow its end";
  if (!read_tables(tables)) return "its tables are not what it says";
  return {};
}

std::string_view Dictionary::did(std::size_t i, Arena& arena) const {
  if (i >= plc_count_) return other_dids_[i - plc_count_];
  char* const text = reinterpret_cast<char*>(arena.take(did_plc_length));
  write_did_plc(plc(i), text);
  return {text, did_plc_length};
}

bool Dictionary::read_heads(WireReader& from) {
  const std::uint64_t count = from.varint();
  if (count > from.left()) return false;
  heads_.reserve(count);
  for (std::uint64_t i = 0; i < count && !from.failed(); ++i) {
    Head head;
    head.kind = static_cast<Kind>(from.fixed<std::uint8_t>());
    head.missing = static_cast<Missing>(from.fixed<std::uint8_t>());
    head.previous_state = static_cast<PreviousState>(from.fixed<std::uint8_t>());
    head.active = from.fixed<std::uint8_t>() != 0;
    head.flags = from.fixed<std::uint16_t>();
    head.parts = from.fixed<std::uint16_t>();
    head.source = from.sized_text(source_bytes_max);
    if (head.missing > Missing::not_data_model || head.previous_state > PreviousState::unknown) {
      return false;
    }
    heads_.push_back(std::move(head));
  }
  return !from.failed();
}

bool Dictionary::read_dids(WireReader& from) {
  plc_count_ = from.varint();
  ref_count_ = from.varint();
  if (plc_count_ > entries_max || ref_count_ > entries_max) return false;
  const std::uint64_t others = from.varint();
  for (std::uint64_t i = 0; i < others && !from.failed(); ++i) {
    other_dids_.emplace_back(from.sized_text(did_bytes_max));
  }
  return !from.failed();
}

bool Dictionary::read_tables(ByteView tables) {
  const std::size_t plcs_size = plc_count_ * std::tuple_size_v<Plc>;
  if (tables.size() != plcs_size + ref_count_ * ref_bytes) return false;
  plcs_ = tables.data();
  refs_ = tables.data() + plcs_size;
  for (std::size_t i = 0; i < ref_count_; ++i) {
    const auto tid = load_le<std::uint64_t>(ref(i) + 32);
    if (tid >> 63 != 0 || load_le<std::uint32_t>(ref(i) + 40) >= plc_count_) return false;
  }
  return true;
}

bool Dictionary::read_shapes(WireReader& from) {
  const std::uint64_t count = from.varint();
  for (std::uint64_t i = 0; i < count; ++i) {
    const ByteView key = from.sized(key_bytes_max);
    if (from.failed() || !shapes_.add(key)) return false;
  }
  return !from.failed();
}

std::size_t Dictionary::memory_bytes() const noexcept {
  std::size_t bytes = Prefix::memory_bytes + shapes_.memory_bytes() + heads_.size() * sizeof(Head);
  for (const std::string& did : other_dids_) bytes += sizeof(std::string) + did.size();
  return bytes;
}

}  // namespace refold::log::codec
