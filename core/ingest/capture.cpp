#include "core/ingest/capture.h"

#include <algorithm>
#include <string>

#include "core/base/wire.h"
#include "core/ingest/frame.h"

namespace refold::ingest {
namespace {

constexpr std::size_t length_bytes = 4;

std::size_t read_length(const std::uint8_t* at) noexcept {
  return std::size_t{at[0]} << 24 | std::size_t{at[1]} << 16 | std::size_t{at[2]} << 8 | at[3];
}

/// A map of one or two entries, whose first key is "t" or "op": what every frame starts with.
bool starts_frame(ByteView bytes) noexcept {
  return bytes.size() >= 3 && (bytes[0] == 0xa1 || bytes[0] == 0xa2) &&
         ((bytes[1] == 0x61 && bytes[2] == 't') || (bytes[1] == 0x62 && bytes[2] == 'o'));
}

}  // namespace

std::string_view name(CaptureForm form) noexcept {
  switch (form) {
    case CaptureForm::lines: return "lines";
    case CaptureForm::frames: return "frames";
    case CaptureForm::car: return "car";
  }
  return "unknown";
}

CaptureForm form_of(ByteView start) noexcept {
  if (start.size() > length_bytes && read_length(start.data()) <= frame_bytes_max &&
      starts_frame(start.subspan(length_bytes))) {
    return CaptureForm::frames;
  }
  WireReader reader(start);
  const std::uint64_t header_bytes = reader.varint();
  const ByteView header = reader.bytes(7);
  const bool is_header = !reader.failed() && header_bytes >= 7 && header[0] == 0xa2 &&
                         text_of(header.subspan(1)) == "\x65roots";
  return is_header ? CaptureForm::car : CaptureForm::lines;
}

void FrameCutter::add(ByteView bytes) {
  if (at_ > 0) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  append(bytes_, bytes);
}

Result<bool> FrameCutter::next(ByteView& frame) {
  if (left() < length_bytes) return false;
  const std::size_t length = read_length(bytes_.data() + at_);
  if (length > frame_bytes_max) {
    return Error{Errc::too_large, "frame " + std::to_string(number_ + 1) + " has " +
                                      std::to_string(length) + " bytes; at most " +
                                      std::to_string(frame_bytes_max) + " are read"};
  }
  if (left() - length_bytes < length) return false;
  frame = ByteView(bytes_).subspan(at_ + length_bytes, length);
  at_ += length_bytes + length;
  ++number_;
  return true;
}

void LineCutter::add(ByteView bytes) {
  std::string_view more = text_of(bytes);
  text_.erase(0, at_);
  seen_ -= at_;
  at_ = 0;
  if (passing_) {
    const std::size_t rest = std::min(more.find('\n'), more.size());
    passing_ = rest == more.size();
    more.remove_prefix(passing_ ? rest : rest + 1);
  }
  text_ += more;
}

bool LineCutter::next(Line& line) {
  const std::size_t end = text_.find('\n', seen_);
  if (end != std::string::npos) return take(end, line);
  seen_ = text_.size();
  passing_ = passing_ || seen_ - at_ > bytes_max_;
  const bool whole = ended_ && at_ < seen_;
  return (passing_ && at_ < seen_) || whole ? take(seen_, line) : false;
}

bool LineCutter::take(std::size_t end, Line& line) {
  const std::string_view text = std::string_view(text_).substr(at_, end - at_);
  line = {++number_, text.substr(0, bytes_max_ + 1), text.size() > bytes_max_};
  at_ = seen_ = std::min(end + 1, text_.size());
  return true;
}

void put_frame(ByteView frame, Bytes& to) {
  const auto length = static_cast<std::uint32_t>(frame.size());
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    to.push_back(static_cast<std::uint8_t>(length >> shift));
  }
  append(to, frame);
}

}  // namespace refold::ingest
