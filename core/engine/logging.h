#pragma once

#include <unistd.h>

#include <memory>
#include <string_view>

#include "core/engine/config/config.h"
#include "core/projection/code.h"

namespace refold::engine {

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

  /// Takes the lines of plugins. Outlived by this.
  [[nodiscard]] projection::LogSink plugin_sink();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace refold::engine
