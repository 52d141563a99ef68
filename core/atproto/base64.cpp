#include "core/atproto/base64.h"

#include <array>

namespace refold::atproto {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t none = 0xff;

constexpr auto values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(none);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}();

std::uint32_t value_of(char character) noexcept {
  return values[static_cast<unsigned char>(character)];
}

char character_of(std::uint32_t bits) noexcept { return alphabet[bits & 63]; }

/// The text without its padding, if that is complete; else the text as it is.
std::string_view without_padding(std::string_view text) noexcept {
  if (text.empty() || text.size() % 4 != 0 || text.back() != '=') return text;
  text.remove_suffix(text[text.size() - 2] == '=' ? 2 : 1);
  return text;
}

}  // namespace

void append_base64(ByteView bytes, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + base64_length(bytes.size()));
  char* to = out.data() + start;
  const std::uint8_t* from = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, from += 3, to += 4) {
    const std::uint32_t group =
        std::uint32_t{from[0]} << 16 | std::uint32_t{from[1]} << 8 | from[2];
    to[0] = character_of(group >> 18);
    to[1] = character_of(group >> 12);
    to[2] = character_of(group >> 6);
    to[3] = character_of(group);
  }
  if (left == 0) return;
  const std::uint32_t second = left == 2 ? from[1] : 0U;
  const std::uint32_t group = std::uint32_t{from[0]} << 16 | second << 8;
  to[0] = character_of(group >> 18);
  to[1] = character_of(group >> 12);
  if (left == 2) to[2] = character_of(group >> 6);
}

std::size_t base64_bytes(std::string_view text) noexcept {
  const std::size_t digits = without_padding(text).size();
  return digits / 4 * 3 + digits % 4 * 6 / 8;
}

bool read_base64(std::string_view text, Bytes& out) {
  text = without_padding(text);
  if (text.size() % 4 == 1) return false;
  const std::size_t start = out.size();
  out.resize(start + base64_bytes(text));
  std::uint8_t* to = out.data() + start;
  const char* from = text.data();
  std::uint32_t bad = 0;
  std::size_t left = text.size();
  for (; left >= 4; left -= 4, from += 4, to += 3) {
    const std::uint32_t a = value_of(from[0]), b = value_of(from[1]), c = value_of(from[2]),
                        d = value_of(from[3]);
    bad |= (a | b | c | d) & 0x80;
    const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
    to[0] = static_cast<std::uint8_t>(group >> 16);
    to[1] = static_cast<std::uint8_t>(group >> 8);
    to[2] = static_cast<std::uint8_t>(group);
  }
  if (left != 0) {
    const std::uint32_t a = value_of(from[0]), b = value_of(from[1]);
    const std::uint32_t c = left == 3 ? value_of(from[2]) : 0;
    bad |= (a | b | c) & 0x80;
    const std::uint32_t group = a << 18 | b << 12 | c << 6;
    to[0] = static_cast<std::uint8_t>(group >> 16);
    if (left == 3) to[1] = static_cast<std::uint8_t>(group >> 8);
    bad |= left == 3 ? group & 0xff : group & 0xffff;
  }
  if (bad != 0) out.resize(start);
  return bad == 0;
}

}  // namespace refold::atproto
