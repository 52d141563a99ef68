#include "core/log/damage.h"

#include <string>

#include "core/base/digest.h"

namespace refold::log {

Error checksum_mismatch(std::string_view what, std::uint64_t stored, std::uint64_t found) {
  return damaged(what, mismatch_text(stored, found));
}

Error damaged(std::string_view what, std::string_view wrong) {
  return {Errc::corrupt, std::string(what) + ": " + std::string(wrong) + std::string(remedy)};
}

}  // namespace refold::log
