#include "core/log/codec/dictionary.h"

#include "core/atproto/base32.h"
#include "core/log/codec/numbers.h"
#include "core/log/limits.h"

namespace refold::log::codec {
namespace {

// No writer makes more: a segment has so many events, and each event a few of them.
constexpr std::uint64_t entries_max = segment_events_max * 4;

}  // namespace

std::string Dictionary::read(ByteView bytes) {
  WireReader from(bytes);
  const ByteView prefix = from.sized(text_prefix_bytes_max * 2);
  text_prefix_ = std::make_unique<Prefix>(prefix);
  if (!read_heads(from)) return "its heads cannot be read";
  if (!read_dids(from)) return "its DIDs cannot be read";
  if (!read_refs(from)) return "its references cannot be read";
  if (!read_shapes(from)) return "its shapes cannot be read";
  if (!from.finished()) return "bytes follow its end";
  return {};
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
  const std::uint64_t count = from.varint();
  if (count > entries_max) return false;
  const ByteView plcs = from.bytes(count * atproto::plc_bytes_length);
  if (from.failed()) return false;
  plc_count_ = count;
  plcs_ = plcs;
  plc_texts_.resize(count * did_plc_length);
  for (std::size_t i = 0; i < count; ++i) {
    char* const text = reinterpret_cast<char*>(plc_texts_.data()) + i * did_plc_length;
    std::memcpy(text, "did:plc:", 8);
    atproto::write_plc(plcs.data() + i * atproto::plc_bytes_length, text + 8);
  }
  const std::uint64_t others = from.varint();
  for (std::uint64_t i = 0; i < others && !from.failed(); ++i) {
    other_dids_.emplace_back(from.sized_text(did_bytes_max));
  }
  return !from.failed();
}

bool Dictionary::read_refs(WireReader& from) {
  const std::uint64_t count = from.varint();
  if (count > entries_max) return false;
  const ByteView digests = from.bytes(count * sizeof(Sha256Digest));
  std::vector<std::uint64_t> dids;
  std::vector<std::uint64_t> tids;
  if (!read_numbers(from, dids, count) || !read_numbers(from, tids, count)) return false;
  if (dids.size() != count || tids.size() != count) return false;
  refs_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (dids[i] >= plc_count_ || tids[i] >> 63 != 0) return false;
    Ref& ref = refs_.emplace_back();
    std::memcpy(ref.digest.data(), digests.data() + i * sizeof(Sha256Digest), sizeof(Sha256Digest));
    ref.did = static_cast<std::uint32_t>(dids[i]);
    std::memcpy(ref.plc.data(), plcs_.data() + dids[i] * atproto::plc_bytes_length,
                atproto::plc_bytes_length);
    ref.tid = tids[i];
  }
  plcs_ = {};
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
  std::size_t bytes = plc_texts_.size() + refs_.size() * sizeof(Ref) + shapes_.memory_bytes() +
                      heads_.size() * sizeof(Head);
  for (const std::string& did : other_dids_) bytes += sizeof(std::string) + did.size();
  return bytes;
}

}  // namespace refold::log::codec
