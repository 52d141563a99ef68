#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace refold::engine {

/// What runs in an engine, in the order in which it was started: each part stands on those before
/// it, so they are stopped the other way round.
class Parts {
 public:
  /// `stop` returns when the part has stopped. It is called once.
  void add(std::string name, std::function<void()> stop);

  /// Stops all, the last first, and returns when that is done, or when `give_up` (asked every now
  /// and then on this thread) returns true: then with the name of the part that is still at it, on
  /// a thread of its own, and this process must be ended without another word to any of them. The
  /// second call does nothing.
  [[nodiscard]] std::optional<std::string> stop(
      const std::function<void(const std::string& part)>& stopping,
      const std::function<bool()>& give_up);

 private:
  struct Part {
    std::string name;
    std::function<void()> stop;
  };
  std::vector<Part> parts_;
};

}  // namespace refold::engine
