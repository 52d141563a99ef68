#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/cli/input.h"

namespace refold::cli {

/// One line of an input.
struct Line {
  std::uint64_t number = 0;  ///< from 1
  std::string_view text;     ///< without its line break; empty if too long
  bool too_long = false;
};

/// Cuts an input into lines. Only LF ends a line; the last one needs none. A line over the limit is
/// passed over without being kept. One thread; the input outlives it.
class LineReader {
 public:
  LineReader(Input& input, std::size_t line_bytes_max);

  /// The next line; its text is valid until the next call. False at the end of the input.
  /// Errors: those of Input::read().
  [[nodiscard]] Result<bool> next(Line& line);

 private:
  /// Reads more behind what is buffered. False at the end.
  Result<bool> more();
  Result<bool> pass_over(Line& line);

  Input& input_;
  std::size_t line_bytes_max_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< of the line
  std::size_t seen_ = 0;   ///< up to here there is no line break
  std::size_t end_ = 0;    ///< of what was read
  std::uint64_t number_ = 0;
};

}  // namespace refold::cli
