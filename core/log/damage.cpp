#include "core/log/damage.h"

#include <string>

#include "core/base/bytes.h"

namespace refold::log {
namespace {

std::string checksum_text(std::uint64_t value) {
  std::uint8_t bytes[8];
  store_be64(bytes, value);
  return hex(bytes);
}

}  // namespace

Error checksum_mismatch(std::string_view what, std::uint64_t stored, std::uint64_t found) {
  return damaged(what, "checksum mismatch (stored " + checksum_text(stored) + ", found " +
                           checksum_text(found) + ")");
}

Error damaged(std::string_view what, std::string_view wrong) {
  return {Errc::corrupt,
          std::string(what) + ": " + std::string(wrong) + "; restore the log from a backup"};
}

}  // namespace refold::log
