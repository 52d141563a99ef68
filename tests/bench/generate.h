#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace refold::bench {

struct GenerateOptions {
  std::uint64_t events = 1'000'000;
  std::uint64_t seed = 1;
  std::string output;  ///< empty: standard output
  std::string form =
      "lines";  ///< of Jetstream v1; or "frames" of a firehose, each behind its length
};

/// Writes the traffic, in this form. Errors: `io` names the file.
[[nodiscard]] Result<void> generate(const GenerateOptions& options);

/// Prints what the traffic is made of: shares, sizes, how often a subject comes back, how well the
/// texts compress, and how fast it is made. README.md holds such a table.
[[nodiscard]] Result<void> describe(const GenerateOptions& options);

}  // namespace refold::bench
