#include "core/base/characters.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace refold {
namespace {

std::string numbered(const char* pattern, unsigned number) {
  std::array<char, 16> out{};
  const int size = std::snprintf(out.data(), out.size(), pattern, number);
  return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace

Character first_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t head = byte(0);
  if (head < 0x80) return {head, 1, true};
  const std::size_t size = head >= 0xf0 ? 4 : head >= 0xe0 ? 3 : 2;
  if (head < 0xc2 || head > 0xf4 || text.size() < size) return {};
  char32_t code = head & (0x7fU >> size);
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(at) & 0x3fU);
  }
  constexpr char32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < smallest[size] || surrogate || code > 0x10ffff) return {};
  return {code, size, true};
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character next = first_character(text);
    const std::string_view bytes = text.substr(0, next.size);
    if (!next.valid || next.code < 0x20 || next.code == 0x7f) {
      out += numbered("\\x%02x", static_cast<unsigned char>(text[0]));
    } else if (acts_on_terminals(next.code)) {
      out += numbered("\\u{%x}", static_cast<unsigned>(next.code));
    } else if (next.code == '\\') {
      out += "\\\\";
    } else {
      out += bytes;
    }
    text.remove_prefix(next.size);
  }
  return out;
}

std::string escaped_once(std::string_view text) {
  std::string without(text);
  std::erase(without, '\\');
  return escaped(without) == without ? std::string(text) : escaped(text);
}

}  // namespace refold
