#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "core/log/event.h"

namespace refold::projection {

/// Which function of a plugin a loop is in, and with which events. Zeros: in none.
struct Call {
  enum class Function : std::uint8_t { none, create, apply, destroy };
  Function function = Function::none;
  log::Seq first = 0;  ///< of the events that it was given; 0: none
  log::Seq last = 0;
  std::chrono::steady_clock::duration running{0};
};
/// "create()", "apply()", ...
[[nodiscard]] constexpr const char* name(Call::Function function) noexcept {
  switch (function) {
    case Call::Function::none: break;
    case Call::Function::create: return "create()";
    case Call::Function::apply: return "apply()";
    case Call::Function::destroy: return "destroy()";
  }
  return "no call";
}

/// Where a loop notes that, for others to look at while the call lasts. Also in memory that is
/// shared with another process (where anything may be found in it), and readable when the one that
/// wrote it is gone. One thread writes, any reads: what is read may be of two calls.
class CallNote {
 public:
  void begin(Call::Function function, log::Seq first = 0, log::Seq last = 0) noexcept {
    set(function, first, last, std::chrono::steady_clock::now().time_since_epoch().count());
  }
  void end() noexcept { set(Call::Function::none, 0, 0, 0); }
  /// Another note's content.
  void copy(const CallNote& other) noexcept {
    set(other.function_.load(relaxed), other.first_.load(relaxed), other.last_.load(relaxed),
        other.began_.load(relaxed));
  }
  [[nodiscard]] Call call() const noexcept {
    Call call;
    call.function = function_.load(relaxed);
    if (call.function == Call::Function::none) return call;
    call.first = first_.load(relaxed);
    call.last = last_.load(relaxed);
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const std::chrono::steady_clock::duration began(began_.load(relaxed));
    if (began.count() > 0 && began < now) call.running = now - began;
    return call;
  }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;
  using Ticks = std::chrono::steady_clock::rep;

  void set(Call::Function function, log::Seq first, log::Seq last, Ticks began) noexcept {
    began_.store(began, relaxed);
    first_.store(first, relaxed);
    last_.store(last, relaxed);
    function_.store(function, relaxed);
  }

  std::atomic<Call::Function> function_{Call::Function::none};
  std::atomic<log::Seq> first_{0};
  std::atomic<log::Seq> last_{0};
  std::atomic<Ticks> began_{0};
  static_assert(std::atomic<log::Seq>::is_always_lock_free, "it lies in shared memory");
};

}  // namespace refold::projection
