#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/projection/code.h"
#include "core/projection/events.h"
#include "core/view/batch.h"
#include "core/view/snapshot.h"

namespace refold::projection {

/// What became of a call into a plugin.
enum class Verdict : std::uint8_t {
  ok,
  none,     ///< REFOLD_NONE, where a function may return it
  retry,    ///< it asks to be tried again
  failed,   ///< it said so, threw, or broke a rule
  storage,  ///< our own files failed it
};

/// What one instance of a projection may call, and what is noted of its calls.
///
/// The plugin is not trusted: indexes, sizes, pointers and phases are checked, and a call of its
/// that was refused makes the whole call into it fail, whatever it returns. Each call into the
/// plugin gets a table of its own, which is refused after that call, and on other threads: a kept
/// pointer is found out. One thread; lives as long as the instance, and outlives what it is
/// attached to only while no call is made.
class Host {
 public:
  /// `name` is the instance's, for its log. `values`: of each option, canonical.
  Host(CodePointer code, std::string name, std::vector<std::string> values, LogSink sink);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// The rows that calls read and write. One of them, or none.
  void attach(view::Batch* batch) noexcept { batch_ = batch; }
  void attach(const view::Snapshot* snapshot) noexcept { snapshot_ = snapshot; }

  enum class Phase : std::uint8_t { create, apply, query, render };

  /// Calls into the plugin: `function(const refold_host*)` returns its refold_result. `what` names
  /// it: "apply()". reason() tells more of anything but `ok`.
  template <class Function>
  [[nodiscard]] Verdict call(Phase phase, const char* what, const Function& function) {
    const refold_host* const table = begin(phase, what);
    refold_result result = REFOLD_FAILED;
    try {
      result = function(table);
    } catch (...) {
      threw();
    }
    return end(result);
  }

  /// The events of the next apply().
  void set_events(const Events* events) noexcept { events_ = events; }

  /// Why the last call did not end with `ok`. For `storage` the error of our own files.
  [[nodiscard]] const Error& reason() const noexcept { return reason_; }
  /// What the last query() or render() has answered.
  [[nodiscard]] std::string& answer() noexcept { return answer_; }

  /// Calls destroy(), which has no table of the host and returns nothing: what it does wrong all
  /// the same is refused, and goes to the log.
  void call_destroy(void (*destroy)(void*), void* self) noexcept;

  /// Notes whether calls from now on write this row.
  void watch(std::uint32_t table, ByteView key);
  /// Whether that row was written since it was asked last.
  [[nodiscard]] bool touched() noexcept { return std::exchange(touched_, false); }

 private:
  friend struct HostCalls;

  /// A table as one call into the plugin gets it.
  struct Slot {
    refold_host table{};
    Host* host = nullptr;
    std::atomic<const void*> thread{nullptr};  ///< that may use it now; null: nobody
  };
  /// create() has the first; the others take turns, so that a table kept from a call long ago is
  /// still refused.
  static constexpr std::size_t slot_count = 16;

  const refold_host* begin(Phase phase, const char* what);
  Verdict end(refold_result result);
  /// Notes the exception that is being handled.
  void threw();
  [[nodiscard]] Verdict fail(std::string sentence);

  /// Notes what the plugin did wrong; the first such thing of a call is told. Returns FAILED.
  refold_result refuse(std::string sentence);
  /// The same for what `error` says: our fault, or the plugin's.
  refold_result refuse(const char* function, const Error& error);
  void write_line(std::int32_t level, refold_bytes text);

  CodePointer code_;
  std::string name_;
  std::vector<std::string> values_;
  LogSink sink_;
  std::unique_ptr<std::array<Slot, slot_count>> slots_;
  std::size_t slot_ = 0;

  view::Batch* batch_ = nullptr;
  const view::Snapshot* snapshot_ = nullptr;
  const Events* events_ = nullptr;

  // Of the call under way.
  Phase phase_ = Phase::create;
  const char* what_ = "";
  bool scanning_ = false;
  std::string said_;  ///< what fail() was given last
  std::optional<Error> thrown_;
  std::optional<Error> refused_;
  std::size_t lines_ = 0;
  std::string answer_;

  std::atomic<const char*> misused_{nullptr};  ///< a function called when or where it must not be
  Error reason_;

  std::uint32_t watched_table_ = 0;
  Bytes watched_key_;
  bool watching_ = false;
  bool touched_ = false;
};

}  // namespace refold::projection
