#pragma once

#include <refold/abi.h>

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace refold::plugin {

/// Told each line that a plugin logs: a level (REFOLD_DEBUG, ...) and a text of at most
/// said_bytes_max bytes, which is valid during the call and may hold anything.
using LogSink = std::function<void(std::int32_t level, std::string_view text)>;

/// A host that has no rows: for start(), and for create(), which is given its options here.
///
/// Its functions may be called at any time and on any thread, until it goes: plugins have bugs.
/// What needs rows or an event is refused, with a reason that said() then has.
class BareHost {
 public:
  /// `options` are canonical values. The sink may be empty.
  explicit BareHost(LogSink log = {}, std::vector<std::string> options = {});
  BareHost(const BareHost&) = delete;
  BareHost& operator=(const BareHost&) = delete;

  /// For the plugin's functions.
  [[nodiscard]] const refold_host* table() const noexcept { return &table_; }
  /// What fail() was given last, or why a function was refused since. Empty if neither happened.
  [[nodiscard]] std::string said() const;

 private:
  static BareHost& of(const refold_host* host) { return *static_cast<BareHost*>(host->context); }
  refold_result refuse(std::string_view why);
  void fill_in_refusals();

  LogSink log_;
  std::vector<std::string> options_;
  refold_host table_{};
  mutable std::mutex mutex_;  ///< guards said_ and calls of log_
  std::string said_;
};

}  // namespace refold::plugin
