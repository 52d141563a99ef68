#include "core/base/result.h"

#include <cerrno>
#include <cstring>

namespace refold {

std::string_view name(Errc code) noexcept {
  switch (code) {
    case Errc::invalid: return "invalid";
    case Errc::too_large: return "too_large";
    case Errc::not_found: return "not_found";
    case Errc::corrupt: return "corrupt";
    case Errc::busy: return "busy";
    case Errc::newer_format: return "newer_format";
    case Errc::io: return "io";
    case Errc::no_space: return "no_space";
    case Errc::closed: return "closed";
    case Errc::timeout: return "timeout";
    case Errc::unsupported: return "unsupported";
  }
  return "unknown";
}

Error within(std::string_view what, Error error) {
  error.message.insert(0, std::string(what) + ": ");
  return error;
}

Error system_error(std::string_view what, int errno_value) {
  const Errc code = errno_value == ENOSPC || errno_value == EDQUOT ? Errc::no_space : Errc::io;
  return {code, "cannot " + std::string(what) + ": " + std::strerror(errno_value)};
}

}  // namespace refold
