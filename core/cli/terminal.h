#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace refold::cli {

enum class Colour : std::uint8_t { plain, bold, dim, red, green, yellow, blue, magenta, cyan };

/// What one output stream is: how wide, and whether colours make sense on it.
struct Terminal {
  bool is_terminal = false;
  bool redraws = false;     ///< a terminal that is not "dumb": it acts on escape sequences
  bool colours = false;     ///< it does, and NO_COLOR is not set
  std::size_t columns = 0;  ///< 0: no terminal, so no limit

  /// Asks the system about a file descriptor, and the environment.
  [[nodiscard]] static Terminal of(int descriptor);

  /// `text` in this colour, where colours make sense.
  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;
};

}  // namespace refold::cli
