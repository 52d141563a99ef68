#include "core/base/sha256_text.h"

#include <charconv>

namespace refold {

std::optional<Sha256Digest> sha256_of_text(std::string_view text) noexcept {
  Sha256Digest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t at = 0; at < digest.size(); ++at) {
    const char* const from = text.data() + 2 * at;
    const auto read = std::from_chars(from, from + 2, digest[at], 16);
    if (read.ec != std::errc{} || read.ptr != from + 2) return std::nullopt;
  }
  return digest;
}

}  // namespace refold
