#include "core/engine/logging.h"

#include <refold/abi.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <string>

#include "core/atproto/time_text.h"
#include "core/base/characters.h"
#include "core/base/json_writer.h"

namespace refold::engine {
namespace {

constexpr std::size_t line_bytes_max = std::size_t{16} << 10;

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::trace: return spdlog::level::trace;
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: break;
  }
  return spdlog::level::err;
}

std::string_view view_of(const spdlog::string_view_t& text) { return {text.data(), text.size()}; }

/// One line in one write: lines of other processes on the same stream do not fall into it.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const char* at = line.data();
    std::size_t left = line.size();
    while (left > 0) {
      const ssize_t put = ::write(descriptor_, at, left);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return;
      at += put;
      left -= static_cast<std::size_t>(put);
    }
  }
  void flush_() override {}

 private:
  int descriptor_;
};

/// {"time":"2026-11-22T08:20:49.688Z","level":"info","part":"engine","message":"..."}
class JsonLines final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    const auto since =
        std::chrono::duration_cast<std::chrono::microseconds>(message.time.time_since_epoch());
    std::string line;
    JsonWriter json(line);
    json.open('{').field("time", atproto::short_time_text(since.count()));
    json.field("level", level_text(message.level)).field("part", view_of(message.logger_name));
    json.field("message", view_of(message.payload)).close('}');
    line += '\n';
    to.append(line.data(), line.data() + line.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonLines>();
  }

 private:
  static std::string_view level_text(spdlog::level::level_enum level) {
    return level == spdlog::level::warn  ? "warn"
           : level == spdlog::level::err ? "error"
                                         : view_of(spdlog::level::to_string_view(level));
  }
};

/// 2026-11-22T08:20:49.688Z info  engine: ...
std::unique_ptr<spdlog::formatter> text_lines() {
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %-7l %n: %v",
                                                     spdlog::pattern_time_type::utc, "\n");
}

Level level_of_plugin(int level) {
  return level >= REFOLD_ERROR     ? Level::error
         : level >= REFOLD_WARNING ? Level::warn
         : level >= REFOLD_INFO    ? Level::info
                                   : Level::debug;
}

}  // namespace

struct Logging::Impl {
  explicit Impl(int descriptor) : sink(std::make_shared<DescriptorSink>(descriptor)) {
    // Of our own, in no registry of the library: nobody else ends or finds them.
    for (const std::string& part : logging_parts()) {
      loggers.emplace(part, std::make_unique<spdlog::logger>(part, sink));
    }
  }
  spdlog::logger& logger(std::string_view part) {
    const auto found = loggers.find(part);
    return found == loggers.end() ? *loggers.find("engine")->second : *found->second;
  }

  std::shared_ptr<DescriptorSink> sink;
  std::map<std::string, std::unique_ptr<spdlog::logger>, std::less<>> loggers;
};

Logging::Logging(const LoggingConfig& config, int descriptor)
    : impl_(std::make_unique<Impl>(descriptor)) {
  apply(config);
}

Logging::~Logging() = default;

void Logging::apply(const LoggingConfig& config) {
  const bool json = config.format == LogFormat::json;
  impl_->sink->set_formatter(json ? std::make_unique<JsonLines>() : text_lines());
  for (const auto& [part, logger] : impl_->loggers) {
    const auto own = config.levels.find(part);
    logger->set_level(spdlog_level(own == config.levels.end() ? config.level : own->second));
  }
}

void Logging::write(std::string_view part, Level level, std::string_view text) {
  spdlog::logger& logger = impl_->logger(part);
  if (!logger.should_log(spdlog_level(level))) return;
  const std::string safe = escaped_once(text.substr(0, line_bytes_max));
  logger.log(spdlog_level(level), spdlog::string_view_t(safe.data(), safe.size()));
}

projection::LogSink Logging::plugin_sink() {
  return [this](std::string_view projection, int level, std::string_view line) {
    write("plugin", level_of_plugin(level), std::string(projection) + ": " + std::string(line));
  };
}

}  // namespace refold::engine
