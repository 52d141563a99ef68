#include "core/cli/output.h"

#include <fcntl.h>
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

Output::Output(Console& console) : console_(console) { buffer_.reserve(2 * buffer_bytes); }

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
  if (!closed_ && !buffer_.empty()) {
    const int error = console_.write(Console::To::out, buffer_);
    closed_ = error != 0;
    if (error != EPIPE) error_ = error;
  }
  buffer_.clear();
}

bool Output::abandoned() {
  if (!closed_ && console_.abandoned()) closed_ = true;
  return closed_;
}

}  // namespace refold::cli
