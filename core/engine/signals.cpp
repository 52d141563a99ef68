#include "core/engine/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace refold::engine {
namespace {

// What a process has one of. Handlers may touch nothing else.
std::atomic<int> wake_descriptor{-1};
std::atomic<unsigned> stops_wished{0};
std::atomic<unsigned> reloads_wished{0};
static_assert(std::atomic<unsigned>::is_always_lock_free);

void take_signal(int signal) {
  const int kept = errno;
  (signal == SIGHUP ? reloads_wished : stops_wished).fetch_add(1);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(wake_descriptor.load(), &one, sizeof one);
  errno = kept;
}

void handle_signal(int signal, void (*handler)(int)) noexcept {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  (void)::sigaction(signal, &action, nullptr);
}

constexpr int taken_signals[] = {SIGTERM, SIGINT, SIGHUP};

}  // namespace

ProcessSignals::ProcessSignals() noexcept {
  wake_descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  stops_wished = 0;
  reloads_wished = 0;
  handle_signal(SIGHUP, take_signal);
}

ProcessSignals::~ProcessSignals() {
  for (const int signal : taken_signals) handle_signal(signal, SIG_DFL);
  ::close(wake_descriptor.exchange(-1));
}

void ProcessSignals::take_stops() noexcept {
  for (const int signal : taken_signals) handle_signal(signal, take_signal);
}

ProcessSignals::Wish ProcessSignals::next(std::chrono::milliseconds patience) noexcept {
  if (stops_wished == 0 && reloads_wished == 0) {
    pollfd waited{wake_descriptor.load(), POLLIN, 0};
    const auto most = std::min<std::chrono::milliseconds>(patience, std::chrono::hours(1));
    (void)::poll(&waited, 1, static_cast<int>(std::max<std::int64_t>(most.count(), 0)));
  }
  std::uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_descriptor.load(), &ignored, sizeof ignored);
  if (stops_wished > 0) {
    stops_wished.fetch_sub(1);
    return Wish::stop;
  }
  return reloads_wished.exchange(0) > 0 ? Wish::reload : Wish::none;
}

}  // namespace refold::engine
