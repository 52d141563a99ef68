#pragma once

#include <chrono>
#include <random>

namespace refold::net {

struct BackoffOptions {
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{60'000};
};

/// How long to wait before the next try: doubles from `first` to `longest`, each time a random part
/// of it between half and all, so that many clients do not come back at once. One thread at a time.
class Backoff {
 public:
  Backoff(const BackoffOptions& options, std::uint64_t seed) : options_(options), random_(seed) {}
  [[nodiscard]] std::chrono::milliseconds next();
  /// After a success: the next wait is short again.
  void reset() noexcept { failures_ = 0; }
  /// next() calls since the start or the last reset().
  [[nodiscard]] unsigned failures() const noexcept { return failures_; }

 private:
  BackoffOptions options_;
  std::mt19937_64 random_;
  unsigned failures_ = 0;
};

}  // namespace refold::net
