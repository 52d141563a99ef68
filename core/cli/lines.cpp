#include "core/cli/lines.h"

#include <algorithm>
#include <cstring>

namespace refold::cli {

LineReader::LineReader(Input& input, std::size_t line_bytes_max)
    : input_(input), line_bytes_max_(line_bytes_max), buffer_(Input::buffer_bytes) {}

Result<bool> LineReader::next(Line& line) {
  while (true) {
    const char* const from = buffer_.data() + seen_;
    const void* const found = std::memchr(from, '\n', end_ - seen_);
    if (found != nullptr) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      const std::size_t size = at - begin_;
      const bool too_long = size > line_bytes_max_;
      line = {++number_, too_long ? std::string_view{} : std::string_view(&buffer_[begin_], size),
              too_long};
      begin_ = seen_ = at + 1;
      return true;
    }
    seen_ = end_;
    if (end_ - begin_ > line_bytes_max_) return pass_over(line);
    REFOLD_TRY(const bool read, more());
    if (!read) break;
  }
  if (begin_ == end_) return false;
  line = {++number_, std::string_view(&buffer_[begin_], end_ - begin_), false};
  begin_ = seen_ = end_;
  return true;
}

Result<bool> LineReader::more() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), &buffer_[0] + begin_, end_ - begin_);
    seen_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t room_min = Input::buffer_bytes / 2;
  if (buffer_.size() - end_ < room_min) {
    buffer_.resize(std::min(buffer_.size() * 2, line_bytes_max_ + Input::buffer_bytes));
  }
  REFOLD_TRY(const std::size_t count, input_.read({buffer_.data() + end_, buffer_.size() - end_}));
  end_ += count;
  return count > 0;
}

Result<bool> LineReader::pass_over(Line& line) {
  line = {++number_, {}, true};
  while (true) {
    begin_ = seen_ = end_ = 0;
    REFOLD_TRY(const bool read, more());
    if (!read) return true;
    const void* const found = std::memchr(buffer_.data(), '\n', end_);
    if (found == nullptr) continue;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
    begin_ = seen_ = at + 1;
    return true;
  }
}

}  // namespace refold::cli
