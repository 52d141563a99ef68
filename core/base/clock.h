#pragma once

#include <chrono>
#include <cstdint>

namespace refold {

/// Microseconds since 1970, as the system's clock has it.
[[nodiscard]] inline std::int64_t now_us() noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace refold
