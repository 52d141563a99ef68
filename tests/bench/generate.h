#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace refold::bench {

struct GenerateOptions {
  std::uint64_t events = 1'000'000;
  std::uint64_t seed = 1;
  std::string output;  ///< empty: standard output
};

/// Writes the traffic as Jetstream v1 JSON lines. Errors: `io` names the file.
[[nodiscard]] Result<void> generate(const GenerateOptions& options);

/// Prints what the traffic is made of: shares, sizes, how often a subject comes back, how well the
/// texts compress, and how fast it is made. README.md holds such a table.
[[nodiscard]] Result<void> describe(const GenerateOptions& options);

}  // namespace refold::bench
