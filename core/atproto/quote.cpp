#include "core/atproto/quote.h"

namespace refold::atproto {

std::string quoted(std::string_view text) {
  constexpr std::size_t shown_max = 64;
  constexpr char digits[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char character : text.substr(0, shown_max)) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') {
      result += "\\x";
      result += digits[byte >> 4];
      result += digits[byte & 15];
    } else {
      result += character;
    }
  }
  return result += text.size() > shown_max ? "...\"" : "\"";
}

}  // namespace refold::atproto
