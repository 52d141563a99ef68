#include "core/plugin/confine.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace refold::plugin {
namespace {

constexpr rlim_t open_files_max = 256;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool reserves_address_space = true;  // of the sanitizer, and more than any limit
#else
constexpr bool reserves_address_space = false;
#endif

/// `spare` beyond `most` the system kills; before, it sends a signal that says what it is about.
Result<void> limit(__rlimit_resource_t resource, rlim_t most, rlim_t spare = 0) {
  rlimit limits{};
  if (::getrlimit(resource, &limits) != 0) {
    return system_error("read a limit of this process", errno);
  }
  limits.rlim_max = std::min(limits.rlim_max, most + spare);
  limits.rlim_cur = std::min(limits.rlim_max, most);
  if (::setrlimit(resource, &limits) == 0) return ok();
  return system_error("set a limit of this process", errno);
}

}  // namespace

Result<void> confine(const Confinement& limits) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return system_error("follow the parent", errno);
  if (::getppid() != limits.parent) return Error{Errc::closed, "the parent has ended"};
  REFOLD_CHECK(limit(RLIMIT_CORE, 0));
  if (!limits.works_with_files) {
    REFOLD_CHECK(limit(RLIMIT_FSIZE, 0));
    REFOLD_CHECK(limit(RLIMIT_NOFILE, open_files_max));
  }
  if (limits.processor_seconds_max > 0) {
    REFOLD_CHECK(limit(RLIMIT_CPU, limits.processor_seconds_max, 1));
  }
  // Twice as much: the parent is to find it first, because it has the better words.
  return reserves_address_space ? ok() : limit(RLIMIT_DATA, 2 * limits.memory_bytes_max);
}

}  // namespace refold::plugin
