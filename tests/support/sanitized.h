#pragma once

namespace refold::testing {

/// Whether a sanitizer looks on: all takes several times as long, and most memory is its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace refold::testing
