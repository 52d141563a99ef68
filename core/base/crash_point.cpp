#include "core/base/crash_point.h"

#include <csignal>
#include <cstdlib>

#include <atomic>
#include <string>

namespace refold {
namespace {

struct Armed {
  std::string name;
  std::atomic<long> passes_left{1};

  Armed() {
    const char* const setting = std::getenv("REFOLD_CRASH_AT");
    if (setting == nullptr) return;
    name = setting;
    if (const std::size_t colon = name.rfind(':'); colon != std::string::npos) {
      passes_left = std::atol(name.c_str() + colon + 1);
      name.resize(colon);
    }
  }
};

}  // namespace

void crash_point(std::string_view name) noexcept {
  static Armed armed;
  if (armed.name.empty() || armed.name != name) return;
  if (--armed.passes_left == 0) std::raise(SIGKILL);
}

}  // namespace refold
