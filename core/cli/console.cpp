#include "core/cli/console.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/assert.h"
#include "core/cli/signals.h"

namespace refold::cli {

namespace {

thread_local Console* current = nullptr;

int descriptor_of(Console::To stream) {
  return stream == Console::To::out ? STDOUT_FILENO : STDERR_FILENO;
}

}  // namespace

Console& console() noexcept {
  REFOLD_ASSERT(current != nullptr);
  return *current;
}

ConsoleScope::ConsoleScope(Console& console) noexcept : before_(current) { current = &console; }

ConsoleScope::~ConsoleScope() { current = before_; }

ProcessConsole::ProcessConsole()
    : out_(Terminal::of(STDOUT_FILENO)), err_(Terminal::of(STDERR_FILENO)) {}

int ProcessConsole::write(To stream, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor_of(stream), text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

bool ProcessConsole::abandoned() {
  pollfd asked{STDOUT_FILENO, 0, 0};
  return ::poll(&asked, 1, 0) == 1 && (asked.revents & (POLLERR | POLLNVAL)) != 0;
}

bool ProcessConsole::input_is_terminal() const { return ::isatty(STDIN_FILENO) == 1; }

Result<std::size_t> ProcessConsole::read(std::span<std::uint8_t> into) {
  while (!interrupted()) {
    pollfd asked{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&asked, 1, static_cast<int>(Interruption::patience.count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t count = ::read(STDIN_FILENO, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN) return system_error("read standard input", errno);
  }
  return std::size_t{0};
}

void ProcessConsole::listen() { listen_to_signals(); }
void ProcessConsole::listen_no_more() { stop_listening_to_signals(); }
bool ProcessConsole::interrupted() { return signal_came(); }

}  // namespace refold::cli
