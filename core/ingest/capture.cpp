#include "core/ingest/capture.h"

#include <string>

#include "core/base/wire.h"
#include "core/ingest/firehose.h"

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

void put_frame(ByteView frame, Bytes& to) {
  const auto length = static_cast<std::uint32_t>(frame.size());
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    to.push_back(static_cast<std::uint8_t>(length >> shift));
  }
  append(to, frame);
}

}  // namespace refold::ingest
