#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/cli/console.h"

namespace refold::cli {

/// Makes sure that standard input, output and error are taken: the first file that is opened would
/// get the number of one that the caller closed, and what is meant for that stream would be
/// written into the file (the log's, for one). Using such a stream stays an error. False if that
/// cannot be done. Called once, before any file is opened.
[[nodiscard]] bool occupy_standard_streams() noexcept;

/// Buffered standard output of one command.
///
/// A reader that went away (`refold log read | head`) is no error: closed() turns true, later
/// writes do nothing, and the command ends quietly. Any other failure is kept for flush(). One
/// thread. Not flushed by its end: a command that succeeds calls flush().
class Output {
 public:
  static constexpr std::size_t buffer_bytes = std::size_t{64} << 10;

  explicit Output(Console& console);

  void put(std::string_view text);
  void line(std::string_view text) {
    put(text);
    put("\n");
  }
  /// Writes what is buffered. Errors: `io`, `no_space`, also of earlier writes.
  [[nodiscard]] Result<void> flush();

  /// Nobody reads any more, or writing failed: stop producing.
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  /// The same, asked of the system: for a command that has nothing to write for long.
  [[nodiscard]] bool abandoned();

  [[nodiscard]] const Terminal& terminal() const noexcept {
    return console_.terminal(Console::To::out);
  }
  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const {
    return terminal().paint(colour, text);
  }

 private:
  void write_out();

  Console& console_;
  std::string buffer_;
  bool closed_ = false;
  int error_ = 0;
};

}  // namespace refold::cli
