#include "core/isolation/worker.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "core/isolation/messages.h"
#include "core/plugin/probe.h"

namespace refold::isolation {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// What is taken of one stream at once: more than there can be of one that has ended.
constexpr std::size_t taken_bytes_max = std::size_t{1} << 20;
/// Memory is looked at each time that it is talked to, but not more often than this.
constexpr milliseconds memory_interval{20};
/// Between the last word of a process and its end.
constexpr milliseconds end_interval{1};

}  // namespace

Result<std::unique_ptr<Worker>> Worker::start(std::filesystem::path runner, const std::string& verb,
                                              const Bounds& bounds, const std::vector<int>& given) {
  if (runner.empty()) {
    REFOLD_TRY(runner, plugin::find_runner());
  }
  REFOLD_TRY(
      plugin::ChildProcess child,
      plugin::ChildProcess::start(
          runner, {verb, std::to_string(::getpid()), std::to_string(bounds.memory_bytes)}, given));
  return std::unique_ptr<Worker>(new Worker(std::move(child), bounds));
}

Worker::Worker(plugin::ChildProcess child, const Bounds& bounds)
    : bounds_(bounds),
      child_(std::move(child)),
      messages_(child_.channel()),
      printed_(child_.output()) {}

void Worker::send(Kind kind, ByteView content) { put_frame(unsent_, kind, content); }

void Worker::flush() {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const ssize_t count = ::send(child_.channel().get(), unsent_.data() + sent,
                                 unsent_.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;  // it is busy; or gone, which is found out elsewhere
    sent += static_cast<std::size_t>(count);
  }
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
}

bool Worker::turn(milliseconds patience, int woken, const Take& take) {
  // Asked first: what it wrote before is then there to be read.
  const bool ended = child_.ended();
  flush();
  const std::size_t left_over = messages_.bytes().size();
  messages_.take(taken_bytes_max);
  printed_.take(taken_bytes_max);
  printed_.keep_last(plugin::output_bytes_kept);
  const bool quiet = messages_.bytes().size() == left_over;
  if (!take_messages(take)) condemn("wrote into the channel of its process");
  watch_memory();
  if (ended || condemned_) return false;
  if (quiet || !unsent_.empty()) wait(messages_.ended() ? end_interval : patience, woken);
  return true;
}

bool Worker::take_messages(const Take& take) {
  std::size_t taken = 0;
  bool good = true;
  while (good) {
    const auto found =
        first_frame(ByteView(messages_.bytes()).subspan(taken), bounds_.message_bytes);
    if (found.has_error()) return false;
    if (!*found) break;
    const Frame& frame = **found;
    taken += frame_head_bytes + frame.content.size();
    if (greeted_) {
      good = take(frame);
    } else {
      good = greeted_ = frame.kind == Kind::greeting && text_of(frame.content) == greeting;
    }
  }
  messages_.drop(taken);
  return good;
}

void Worker::watch_memory() {
  const auto now = Clock::now();
  if (now - memory_looked_at_ < memory_interval) return;
  memory_looked_at_ = now;
  if (child_.own_bytes() <= bounds_.memory_bytes) return;
  condemn("took more than " + std::to_string(bounds_.memory_bytes >> 20) + " MiB of memory");
}

void Worker::wait(milliseconds patience, int woken) const {
  std::array<pollfd, 3> asked = {messages_.asked(), printed_.asked(), pollfd{woken, POLLIN, 0}};
  if (!unsent_.empty()) asked[0].events |= POLLOUT;
  ::poll(asked.data(), asked.size(), static_cast<int>(patience.count()));
  std::uint64_t count = 0;
  // Cleared before anybody looks at what it was about.
  if ((asked[2].revents & POLLIN) != 0) {
    [[maybe_unused]] const ssize_t read = ::read(woken, &count, sizeof count);
  }
}

void Worker::condemn(std::string why) {
  if (!condemned_) condemned_ = std::move(why);
}

Ending Worker::finish() {
  const bool had_ended = child_.ended();
  const int status = child_.finish();
  Ending ending;
  ending.greeted = greeted_;
  ending.well = had_ended && !condemned_ && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  ending.by_others = had_ended && !condemned_ && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  ending.what = condemned_ ? *condemned_ : plugin::ending_text(status);
  ending.last_words = plugin::last_words(printed_.bytes());
  return ending;
}

}  // namespace refold::isolation
