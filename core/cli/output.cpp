#include "core/cli/output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace refold::cli {

bool occupy_standard_streams() noexcept {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    // The wrong way round, so that whoever reads or writes is told.
    const int mode = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", mode) != descriptor) return false;
  }
  return true;
}

Output::Output(int descriptor) : descriptor_(descriptor), terminal_(Terminal::of(descriptor)) {
  buffer_.reserve(2 * buffer_bytes);
}

void Output::put(std::string_view text) {
  if (closed_) return;
  buffer_ += text;
  if (buffer_.size() >= buffer_bytes) write_out();
}

Result<void> Output::flush() {
  write_out();
  if (error_ != 0) return system_error("write to standard output", error_);
  return ok();
}

void Output::write_out() {
  std::string_view left = buffer_;
  while (!closed_ && !left.empty()) {
    const ssize_t count = ::write(descriptor_, left.data(), left.size());
    if (count >= 0) {
      left.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      closed_ = true;
      if (errno != EPIPE) error_ = errno;
    }
  }
  buffer_.clear();
}

bool Output::abandoned() {
  pollfd asked{descriptor_, 0, 0};
  if (!closed_ && ::poll(&asked, 1, 0) == 1 && (asked.revents & (POLLERR | POLLNVAL)) != 0) {
    closed_ = true;
  }
  return closed_;
}

}  // namespace refold::cli
