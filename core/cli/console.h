#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/cli/terminal.h"

namespace refold::cli {

/// The user of a command: the streams, the signals and the working directory, which are those of
/// this process, or of a client of the engine that the command runs in.
///
/// A command runs on one thread, and finds its console there: console(). Only that thread uses it.
class Console {
 public:
  enum class To : std::uint8_t { out, err };

  virtual ~Console() = default;

  /// Writes all of it. Returns 0, or errno; EPIPE if nobody reads.
  [[nodiscard]] virtual int write(To stream, std::string_view text) = 0;
  /// Whether nobody reads standard output any more, as far as that can be told without writing.
  [[nodiscard]] virtual bool abandoned() = 0;
  [[nodiscard]] virtual const Terminal& terminal(To stream) const = 0;

  [[nodiscard]] virtual bool input_is_terminal() const = 0;
  /// Some of standard input. 0: the end, or interrupted(). Errors: `io`.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<std::uint8_t> into) = 0;

  /// From now on an interruption only makes interrupted() true. A second one ends the process, or
  /// sends the client away.
  virtual void listen() = 0;
  virtual void listen_no_more() = 0;
  [[nodiscard]] virtual bool interrupted() = 0;

  /// In an engine: the command goes on if its user goes. It has something to finish.
  virtual void stay() = 0;
  /// In an engine: how far it is, for who lists the jobs.
  virtual void report(std::string_view label, std::uint64_t done, std::uint64_t total) = 0;
  /// A file that the user has named.
  [[nodiscard]] virtual std::filesystem::path resolve(const std::filesystem::path& file) const = 0;
};

/// That of the command on this thread.
[[nodiscard]] Console& console() noexcept;

/// Has the thread's commands talk to `console`, while it lives.
class ConsoleScope {
 public:
  explicit ConsoleScope(Console& console) noexcept;
  ~ConsoleScope();
  ConsoleScope(const ConsoleScope&) = delete;
  ConsoleScope& operator=(const ConsoleScope&) = delete;

 private:
  Console* before_;
};

/// The console of this process.
class ProcessConsole final : public Console {
 public:
  ProcessConsole();
  [[nodiscard]] int write(To stream, std::string_view text) override;
  [[nodiscard]] bool abandoned() override;
  [[nodiscard]] const Terminal& terminal(To stream) const override {
    return stream == To::out ? out_ : err_;
  }
  [[nodiscard]] bool input_is_terminal() const override;
  [[nodiscard]] Result<std::size_t> read(std::span<std::uint8_t> into) override;
  void listen() override;
  void listen_no_more() override;
  [[nodiscard]] bool interrupted() override;
  void stay() override {}
  void report(std::string_view, std::uint64_t, std::uint64_t) override {}
  [[nodiscard]] std::filesystem::path resolve(const std::filesystem::path& file) const override {
    return file;
  }

 private:
  Terminal out_;
  Terminal err_;
};

}  // namespace refold::cli
