#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::ingest {

/// What a file of events can hold.
enum class CaptureForm : std::uint8_t {
  lines,   ///< JSON, one event a line, in the form of Jetstream v1 or v2
  frames,  ///< frames of subscribeRepos, each behind its length in four bytes, big-endian
  car,     ///< one repo
};
[[nodiscard]] std::string_view name(CaptureForm form) noexcept;
/// How many bytes tell the form; fewer will do where the file has no more.
inline constexpr std::size_t form_bytes = 16;
/// The form of what starts with these bytes. What is neither frames nor a CAR is taken for lines.
[[nodiscard]] CaptureForm form_of(ByteView start) noexcept;

/// Cuts a stream of bytes into frames. One thread; bounded by the longest frame.
class FrameCutter {
 public:
  /// Adds bytes that come next.
  void add(ByteView bytes);
  /// The next whole frame; its view is valid until add(). False: more bytes are needed.
  /// Errors: `too_large` names the frame and its length; nothing can be cut after that.
  [[nodiscard]] Result<bool> next(ByteView& frame);
  /// Bytes that belong to a frame that is not whole yet.
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }
  /// Frames handed out so far.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
};

/// One line of a capture.
struct Line {
  std::uint64_t number = 0;  ///< from 1
  std::string_view text;     ///< without its line break; of one that is too long, how it starts
  bool too_long = false;
};

/// Cuts a stream of bytes into lines. Only LF ends a line. One over the limit is cut off behind it,
/// and the rest passed over without being kept. One thread.
class LineCutter {
 public:
  explicit LineCutter(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Adds bytes that come next.
  void add(ByteView bytes);
  /// No more comes: what is left is a line, too.
  void end() noexcept { ended_ = true; }
  /// The next line; its text is valid until add(). False: more bytes are needed, or it has ended.
  [[nodiscard]] bool next(Line& line);

 private:
  bool take(std::size_t end, Line& line);

  std::size_t bytes_max_;
  std::string text_;
  std::size_t at_ = 0;    ///< where the next line begins
  std::size_t seen_ = 0;  ///< up to here there is no line break
  std::uint64_t number_ = 0;
  bool passing_ = false;  ///< over the rest of a line
  bool ended_ = false;
};

/// Appends a frame as a capture holds it.
void put_frame(ByteView frame, Bytes& to);

}  // namespace refold::ingest
