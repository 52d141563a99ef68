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

Error CaptureInput::within_file(Error error) const {
  return within(name_.native(), std::move(error));
}

Result<bool> CaptureInput::refill() {
  pollfd waited{file_.get(), POLLIN, 0};
  if (::poll(&waited, 1, wait_ms) <= 0) return false;
  Bytes next(packed_.begin(), packed_.end());
  const std::size_t before = next.size();
  next.resize(before + packed_bytes);
  const ssize_t got = ::read(file_.get(), next.data() + before, packed_bytes);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (got < 0) return system_error("read " + name_.native(), errno);
  next.resize(before + static_cast<std::size_t>(got));
  buffer_ = std::move(next);
  packed_ = buffer_;
  at_end_ = got == 0;
  return true;
}

Result<std::optional<std::size_t>> CaptureInput::read(std::span<char> into) {
  const std::optional<std::size_t> nothing;
  for (;;) {
    const bool known = unpacking_ != nullptr;
    const std::size_t wanted = known ? 1 : magic_bytes;
    if (!may_have_more_ && !at_end_ && packed_.size() < wanted) {
      REFOLD_TRY(const bool more, refill());
      if (!more) return nothing;
      continue;
    }
    if (!known) unpacking_ = make_decompressor(compression_of(packed_));
    auto count = unpacking_->run(packed_, into);
    if (count.has_error()) return within_file(count.error());
    may_have_more_ = *count == into.size();
    if (*count > 0) return std::optional<std::size_t>(*count);
    if (!at_end_) continue;
    if (packed_.empty() && unpacking_->complete()) return std::optional<std::size_t>(0);
    return within_file({Errc::corrupt, "the packed data end in the middle"});
  }
}

}  // namespace refold::ingest
