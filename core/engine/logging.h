#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/engine/config/config.h"
#include "core/projection/code.h"

namespace refold::engine {

/// Lets one of many through: the first of each kind, and then one in each interval, with the number
/// of those since. Any thread.
class Sampler {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kinds_max = 256;  ///< further kinds are one kind

  explicit Sampler(Clock::duration interval = std::chrono::seconds(10)) : interval_(interval) {}

  /// How many of `kind` there were since the last one that was let through, this one included;
  /// none: this one is not.
  [[nodiscard]] std::optional<std::uint64_t> take(std::string_view kind, std::uint64_t count = 1,
                                                  Clock::time_point now = Clock::now());

 private:
  struct Kind {
    std::uint64_t count = 0;
    Clock::time_point next{};
  };
  const Clock::duration interval_;
  std::mutex mutex_;
  std::map<std::string, Kind, std::less<>> kinds_;
};

/// The lines that an engine writes: one logger for each of logging_parts(), all to one stream, as
/// text or as JSON, one line an event. Whatever comes from outside is made safe to print. Any
/// thread.
class Logging {
 public:
  /// Writes to `descriptor`, which stays open. A stream that cannot be written to costs lines,
  /// nothing else.
  explicit Logging(const LoggingConfig& config, int descriptor = STDERR_FILENO);
  ~Logging();
  Logging(const Logging&) = delete;
  Logging& operator=(const Logging&) = delete;

  /// Other levels, or another form, from the next line on.
  void apply(const LoggingConfig& config);

  /// `part`: one of logging_parts().
  void write(std::string_view part, Level level, std::string_view text);
  /// Says that `count` things were dropped for `reason`, with one of them as an example: never more
  /// than a line in ten seconds for each part and reason.
  void dropped(std::string_view part, std::string_view reason, std::string_view example,
               std::uint64_t count = 1);

  /// Takes the lines of plugins. Outlived by this.
  [[nodiscard]] projection::LogSink plugin_sink();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace refold::engine
