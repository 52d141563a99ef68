#include "core/ingest/capture_input.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace refold::ingest {
namespace {

constexpr int wait_ms = 100;
constexpr std::size_t packed_bytes = std::size_t{256} << 10;

}  // namespace

CaptureInput::CaptureInput(Descriptor file, std::filesystem::path name)
    : file_(std::move(file)), name_(std::move(name)) {}

Result<std::unique_ptr<CaptureInput>> CaptureInput::open(const std::filesystem::path& file) {
  const bool standard = file == "-";
  // A named pipe that nobody writes into yet is not waited for here, where nothing ends the wait.
  Descriptor opened(standard ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                             : ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const std::string name = standard ? "standard input" : file.native();
  if (!opened.open() && errno == ENOENT) return Error{Errc::not_found, "there is no file " + name};
  if (!opened.open()) return system_error("open " + name, errno);
  return std::unique_ptr<CaptureInput>(new CaptureInput(std::move(opened), name));
}

Result<bool> CaptureInput::refill() {
  pollfd waited{file_.get(), POLLIN, 0};
  if (::poll(&waited, 1, wait_ms) <= 0) return false;
  buffer_.resize(packed_bytes);
  const ssize_t got = ::read(file_.get(), buffer_.data(), buffer_.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (got < 0) return system_error("read " + name_.native(), errno);
  unpacker_.add(ByteView(buffer_).first(static_cast<std::size_t>(got)));
  return true;
}

Result<std::optional<std::size_t>> CaptureInput::read(std::span<char> into) {
  for (;;) {
    auto count = unpacker_.read(into);
    if (count.has_error()) return within(name_.native(), std::move(count).error());
    if (*count) return count;
    REFOLD_TRY(const bool more, refill());
    if (!more) return std::optional<std::size_t>();
  }
}

}  // namespace refold::ingest
