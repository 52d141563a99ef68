#include "tests/crash/watch.h"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "core/log/chain.h"
#include "core/log/reader.h"
#include "tests/crash/options.h"

namespace refold::crash {
namespace {

constexpr std::chrono::milliseconds pause{5};
constexpr std::chrono::seconds patience{60};
/// After so many pages it reads from the beginning again.
constexpr unsigned pages_in_one_go = 50;

/// What the test wants, as soon as it says so.
std::optional<log::Seq> wanted_end(int control_fd) {
  pollfd waiting{control_fd, POLLIN, 0};
  if (::poll(&waiting, 1, 0) <= 0) return std::nullopt;
  log::Seq end = 0;
  return ::read(control_fd, &end, sizeof end) == sizeof end ? end : 0;
}

/// Remembers every event by its header, which not even a redaction may change.
class Memory {
 public:
  Result<void> see(const log::Event& event) {
    header_.clear();
    log::append_chain_header(header_, event);
    const std::uint64_t sum = checksum(header_, event.seq);
    if (event.seq == sums_.size() + 1) {
      sums_.push_back(sum);
    } else if (event.seq == 0 || event.seq > sums_.size()) {
      return Error{Errc::corrupt, "event " + std::to_string(event.seq) + " follows event " +
                                      std::to_string(sums_.size())};
    } else if (sums_[event.seq - 1] != sum) {
      return Error{Errc::corrupt, "event " + std::to_string(event.seq) + " has changed"};
    }
    return ok();
  }

 private:
  std::vector<std::uint64_t> sums_;
  Bytes header_;
};

class Watch {
 public:
  explicit Watch(const log::WitnessLog& log)
      : log_(log), reader_(log, 1, log::Matcher::make({.history = true}).value()) {}

  /// Reads on. Returns false at the end of the log.
  Result<bool> page() {
    const log::Seq before = reader_.position();
    REFOLD_TRY(const bool more, reader_.next(page_));
    log::Seq next = before;
    for (const log::Event& event : page_.events) {
      if (event.seq != next) return gap(next);
      ++next;
      REFOLD_CHECK(memory_.see(event));
    }
    if (next != page_.next) return gap(next);
    return more;
  }

  Result<void> read_up_to(log::Seq end) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (reader_.position() <= end) {
      REFOLD_TRY(const bool more, page());
      if (more) continue;
      REFOLD_TRY(const bool there, log_.wait(reader_.position(), deadline));
      if (!there) {
        return Error{Errc::timeout,
                     "event " + std::to_string(reader_.position()) + " does not become readable"};
      }
    }
    return ok();
  }

  void start_anew() { reader_.seek(1); }
  Result<void> wait() {
    REFOLD_CHECK(log_.wait(reader_.position(), std::chrono::steady_clock::now() + pause));
    return ok();
  }

 private:
  static Error gap(log::Seq seq) {
    return {Errc::corrupt, "event " + std::to_string(seq) + " was passed over"};
  }

  const log::WitnessLog& log_;
  log::Reader reader_;
  log::Page page_;
  Memory memory_;
};

Result<void> watch_open(const log::WitnessLog& log, int control_fd) {
  Watch watch(log);
  for (unsigned pages = 1;; ++pages) {
    if (const auto end = wanted_end(control_fd)) {
      REFOLD_CHECK(watch.read_up_to(*end));
      watch.start_anew();
      return watch.read_up_to(*end);
    }
    REFOLD_TRY(const bool more, watch.page());
    if (!more) REFOLD_CHECK(watch.wait());
    if (pages % pages_in_one_go == 0) watch.start_anew();
    // It leaves the processor to those who are killed and looked at.
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

Result<void> watch(const std::filesystem::path& data, int control_fd) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto log = log::WitnessLog::open_reader(data, small_options().log);
    if (log.has_value()) return watch_open(**log, control_fd);
    const bool early = log.error().code == Errc::not_found;
    if (!early || std::chrono::steady_clock::now() > deadline) return std::move(log).error();
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace refold::crash
