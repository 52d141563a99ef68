/// The program that the crash tests kill: crash_worker write|read|create|prepare|script|faults ...
///
/// Exits with 0 when it has done what it was asked, with 1 and a sentence when something that had
/// to succeed has failed.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/crash/fault_sweep.h"
#include "tests/crash/options.h"
#include "tests/crash/session.h"
#include "tests/crash/watch.h"

namespace refold::crash {
namespace {

using Arguments = std::vector<std::string>;

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Seals as soon as something can be sealed, in a thread of its own, until it goes.
class Sealing {
 public:
  explicit Sealing(Session& session) : thread_([this, &session] { run(session.recorder()); }) {}
  ~Sealing() {
    stopping_ = true;
    thread_.join();
  }
  Sealing(const Sealing&) = delete;
  Sealing& operator=(const Sealing&) = delete;

 private:
  void run(index::Recorder& recorder) {
    while (!stopping_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const auto stat = recorder.log().stat();
      if (stat.has_value() && stat->last - stat->sealed_last < sealable_events) continue;
      const auto sealed = recorder.seal();
      if (stat.has_value() && sealed.has_value()) continue;
      std::fprintf(stderr, "sealing failed: %s\n",
                   (stat.has_error() ? stat.error() : sealed.error()).message.c_str());
      std::_Exit(1);
    }
  }

  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

/// Batches that were recorded before, and come once more when a worker starts.
constexpr std::uint64_t again_count = 4;

/// write DATA SEED FIRST COUNT ACK_FD: everything at once, as a busy engine would.
Result<void> write(const Arguments& arguments) {
  REFOLD_TRY(Session session, Session::open(arguments[0], Traffic(number_of(arguments[1])),
                                            static_cast<int>(number_of(arguments[4]))));
  const Sealing sealing(session);
  const std::uint64_t first = number_of(arguments[2]);
  const std::uint64_t end = first + number_of(arguments[3]);
  for (std::uint64_t number = first - std::min(first - 1, again_count); number < first; ++number) {
    REFOLD_CHECK(session.submit(number, true));
  }
  for (std::uint64_t number = first; number < end; ++number) {
    REFOLD_CHECK(session.submit(number));
    if (number % 7 == 3 && number > first + 6) REFOLD_CHECK(session.redact(number - 6));
    if (number % 13 == 6) REFOLD_CHECK(session.reindex());
  }
  return session.drain();
}

/// prepare DATA SEED ACK_FD: what script and faults start from.
Result<void> prepare(const Arguments& arguments) {
  REFOLD_TRY(Session session,
             Session::open(arguments[0], Traffic(number_of(arguments[1]), script_drafts),
                           static_cast<int>(number_of(arguments[2]))));
  for (std::uint64_t number = 1; number < script_first; ++number) {
    REFOLD_CHECK(session.submit(number));
  }
  return session.drain();
}

/// script DATA SEED ACK_FD: one thing after the other, so that every sync has its meaning.
Result<void> script(const Arguments& arguments) {
  REFOLD_TRY(Session session,
             Session::open(arguments[0], Traffic(number_of(arguments[1]), script_drafts),
                           static_cast<int>(number_of(arguments[2]))));
  std::uint64_t number = script_first;
  for (const std::uint64_t end = number + 3; number < end; ++number) {
    REFOLD_CHECK(session.record(number));
  }
  REFOLD_CHECK(session.recorder().index_digest());  // flushes the index
  REFOLD_CHECK(session.seal());
  REFOLD_CHECK(session.record(number++));
  REFOLD_CHECK(session.redact(number - 300));
  REFOLD_CHECK(session.redact(number - 1));
  REFOLD_CHECK(session.record(number++));
  REFOLD_CHECK(session.reindex());
  return session.record(number);
}

/// create DATA SEED ACK_FD: the first moments of a log.
Result<void> create(const Arguments& arguments) {
  REFOLD_TRY(Session session,
             Session::open(arguments[0], Traffic(number_of(arguments[1]), script_drafts),
                           static_cast<int>(number_of(arguments[2]))));
  REFOLD_CHECK(session.record(1));
  return session.record(2);
}

Result<void> run(const std::string& what, const Arguments& arguments) {
  if (what == "write" && arguments.size() == 5) return write(arguments);
  if (what == "prepare" && arguments.size() == 3) return prepare(arguments);
  if (what == "script" && arguments.size() == 3) return script(arguments);
  if (what == "create" && arguments.size() == 3) return create(arguments);
  if (what == "read" && arguments.size() == 2) {
    return watch(arguments[0], static_cast<int>(number_of(arguments[1])));
  }
  if (what == "faults" && arguments.size() == 4) {
    return sweep_faults({.prepared = arguments[0],
                         .scratch = arguments[1],
                         .seed = number_of(arguments[2]),
                         .passes = number_of(arguments[3])});
  }
  return Error{Errc::invalid, "crash_worker cannot " + what};
}

}  // namespace
}  // namespace refold::crash

int main(int count, char** words) {
  const std::vector<std::string> all(words + 1, words + count);
  if (all.empty()) return 2;
  const auto done = refold::crash::run(all[0], {all.begin() + 1, all.end()});
  if (done.has_value()) return 0;
  std::fprintf(stderr, "crash_worker %s: %s\n", all[0].c_str(), done.error().message.c_str());
  return 1;
}
