#pragma once

#include <cstdlib>
#include <thread>

#include "tests/cli/projections.h"

namespace refold::cli {

/// Runs engines, each at a port of the system's choice.
class WithEngine : public WithProjections {
 protected:
  WithEngine() { ::setenv("REFOLD_HTTP_LISTEN", "127.0.0.1:0", 1); }

  /// Waits until an engine says so on standard error.
  bool says(const std::string& text) const { return says(folder_, text); }
  static bool says(const TempFolder& streams, const std::string& text) {
    for (int attempt = 0; attempt < 3000; ++attempt) {
      if (content_of(streams / "stderr").find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
};

}  // namespace refold::cli
