#include "core/view/damage.h"

#include <algorithm>

namespace refold::view {

Error damaged(std::string_view what, std::string_view wrong) {
  return {Errc::corrupt, std::string(what) + ": " + std::string(wrong) + std::string(remedy)};
}

std::string key_text(ByteView key) {
  constexpr std::size_t shown_bytes_max = 96;
  const ByteView shown = key.first(std::min(key.size(), shown_bytes_max));
  const bool is_text = std::all_of(shown.begin(), shown.end(), [](std::uint8_t byte) {
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
  });
  std::string text = is_text ? "\"" + std::string(text_of(shown)) : "0x" + hex(shown);
  if (shown.size() < key.size()) text += "...";
  return is_text ? text + '"' : text;
}

}  // namespace refold::view
