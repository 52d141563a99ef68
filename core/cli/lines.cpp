#include "core/cli/lines.h"

namespace refold::cli {

LineReader::LineReader(Input& input, std::size_t line_bytes_max)
    : input_(input), cutter_(line_bytes_max), buffer_(Input::buffer_bytes) {}

Result<bool> LineReader::next(ingest::Line& line) {
  while (!cutter_.next(line)) {
    REFOLD_TRY(const std::size_t count, input_.read(buffer_));
    if (count == 0) {
      cutter_.end();
      return cutter_.next(line);
    }
    cutter_.add(bytes_of(std::string_view(buffer_.data(), count)));
  }
  return true;
}

}  // namespace refold::cli
