#include "core/cli/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/cli/console.h"
#include "core/cli/signals.h"
#include "core/cli/text.h"

namespace refold::cli {

namespace {

/// Of standard input, which is the console's.
constexpr int no_descriptor = -1;

}  // namespace

Result<std::unique_ptr<Input>> Input::open(const std::string& name) {
  const bool standard = name == "-";
  const std::string shown = standard ? "standard input" : escaped(name);
  if (standard) return std::unique_ptr<Input>(new Input(no_descriptor, shown, 0));
  // Not to wait for whoever writes into a pipe with a name: reading does, and can be interrupted.
  const int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
  const int descriptor = ::open(console().resolve(name).c_str(), flags);
  if (descriptor < 0) return system_error("open " + shown, errno);
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  if (known && S_ISDIR(status.st_mode)) {
    ::close(descriptor);
    return system_error("read " + shown, EISDIR);
  }
  const bool sized = known && S_ISREG(status.st_mode);
  return std::unique_ptr<Input>(
      new Input(descriptor, shown, sized ? static_cast<std::uint64_t>(status.st_size) : 0));
}

Input::Input(int descriptor, std::string name, std::uint64_t size_bytes)
    : descriptor_(descriptor),
      name_(std::move(name)),
      size_bytes_(size_bytes),
      buffer_(buffer_bytes) {}

Input::~Input() {
  if (descriptor_ != no_descriptor) ::close(descriptor_);
}

Result<ByteView> Input::peek(std::size_t count) {
  while (peeked_.size() < count) {
    const std::size_t at = peeked_.size();
    peeked_.resize(count);
    const auto more = read_on({reinterpret_cast<char*>(peeked_.data()) + at, count - at});
    peeked_.resize(at + (more ? *more : 0));
    if (more.has_error()) return more.error();
    if (*more == 0) break;
  }
  return ByteView(peeked_);
}

Result<std::size_t> Input::read(std::span<char> into) {
  const ByteView held = ByteView(peeked_).subspan(peeked_given_);
  if (held.empty()) return read_on(into);
  const std::size_t count = std::min(held.size(), into.size());
  std::copy_n(held.begin(), count, into.begin());
  peeked_given_ += count;
  return count;
}

Result<std::size_t> Input::read_on(std::span<char> into) {
  while (true) {
    const auto count = unpacker_.read(into);
    if (count.has_error()) return within(name_, count.error());
    if (*count) return **count;
    REFOLD_TRY(const ByteView bytes, more());
    if (bytes.empty() && Interruption::requested()) return std::size_t{0};
    unpacker_.add(bytes);
  }
}

Result<ByteView> Input::more() {
  if (descriptor_ == no_descriptor) {
    REFOLD_TRY(const std::size_t count, console().read(buffer_));
    consumed_bytes_ += count;
    return ByteView(buffer_).first(count);
  }
  while (wait_for_data()) {
    const ssize_t count = ::read(descriptor_, buffer_.data(), buffer_.size());
    if (count >= 0) {
      consumed_bytes_ += static_cast<std::uint64_t>(count);
      return ByteView(buffer_).first(static_cast<std::size_t>(count));
    }
    if (errno != EINTR && errno != EAGAIN) return system_error("read " + name_, errno);
  }
  return ByteView();
}

/// Returns false when an Interruption was requested.
bool Input::wait_for_data() const {
  pollfd asked{descriptor_, POLLIN, 0};
  const auto timeout = static_cast<int>(Interruption::patience.count());
  while (!Interruption::requested()) {
    const int ready = ::poll(&asked, 1, timeout);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
  }
  return false;
}

}  // namespace refold::cli
