#include "core/atproto/tid.h"

#include "core/atproto/base32_lanes.h"

namespace refold::atproto {

using lanes::Alphabet;

std::optional<Tid> parse_tid(std::string_view text) noexcept {
  if (text.size() != tid_text_length) return std::nullopt;
  // Two words that overlap: characters 0-7 (of which 0-4 are taken) and 5-12.
  lanes::Word bad = 0;
  const std::uint64_t head = lanes::decode<Alphabet::sortable>(text.data(), bad);
  const std::uint64_t tail = lanes::decode<Alphabet::sortable>(text.data() + 5, bad);
  const std::uint64_t high = head >> 15;  // 25 bits; a value has 63, so 23 of these
  if (lanes::any_bad(bad) || (high >> 23) != 0) return std::nullopt;
  return Tid{high << 40 | tail};
}

void write_text(Tid tid, char* out13) noexcept {
  const std::uint64_t head = (tid.value >> 40) << 15;
  const std::uint64_t tail = tid.value & 0xffffffffffU;
  const lanes::Pair parts = {head, tail};
  const lanes::Pair characters = lanes::encode<Alphabet::sortable>(parts);
  lanes::store(out13, lanes::Word{characters[0]});
  lanes::store(out13 + 5, lanes::Word{characters[1]});
}

std::string to_text(Tid tid) {
  std::string text(tid_text_length, '\0');
  write_text(tid, text.data());
  return text;
}

}  // namespace refold::atproto
