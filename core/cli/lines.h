#pragma once

#include <cstddef>
#include <vector>

#include "core/base/result.h"
#include "core/cli/input.h"
#include "core/ingest/capture.h"

namespace refold::cli {

/// The lines of an input, one after the other. One thread; the input outlives it.
class LineReader {
 public:
  LineReader(Input& input, std::size_t line_bytes_max);

  /// The next line; its text is valid until the next call. False at the end of the input.
  /// Errors: those of Input::read().
  [[nodiscard]] Result<bool> next(ingest::Line& line);

 private:
  Input& input_;
  ingest::LineCutter cutter_;
  std::vector<char> buffer_;
};

}  // namespace refold::cli
