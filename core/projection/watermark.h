#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

#include "core/base/result.h"
#include "core/log/event.h"

namespace refold::projection {

/// How far a generation has come, and those who wait for it to come further.
///
/// A position is announced when its effect can be read, so that whoever was woken may query at
/// once. Each waiter is woken when its own seq is reached, not at every step. Any thread.
class Watermark {
 public:
  [[nodiscard]] log::Seq position() const noexcept { return position_; }

  /// Everything up to `seq` can be read. Lower ones than before are ignored.
  void advance(log::Seq seq);

  /// Nothing moves on before somebody does something about it: who waits is told so, and who comes
  /// later too. None: it goes on.
  void halt(std::optional<Error> why);
  /// Whether its generation is the one that answers queries. Readers who wait for one that is not
  /// any more are told so.
  void set_current(bool current);

  enum class Outcome : std::uint8_t {
    reached,
    left,    ///< its generation is not current: ask the one that is
    halted,  ///< see halt(); halted() tells why
    late,    ///< the deadline passed
  };
  /// For readers.
  [[nodiscard]] Outcome wait(log::Seq seq, std::chrono::steady_clock::time_point deadline);
  /// For whoever has it in charge, current or not. False at the deadline, or if it is halted.
  [[nodiscard]] bool wait_for(log::Seq seq, std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] std::optional<Error> halted() const;

 private:
  struct Waiter {
    std::condition_variable woken;
    bool reached = false;
  };

  Outcome wait(log::Seq seq, std::chrono::steady_clock::time_point deadline, bool reader);
  void wake_all();

  std::atomic<log::Seq> position_{0};
  mutable std::mutex mutex_;
  std::multimap<log::Seq, Waiter*> waiters_;
  std::optional<Error> halted_;
  bool current_ = false;
};

}  // namespace refold::projection
