#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::isolation {

/// What a message between the engine and one of its processes is about.
enum class Kind : std::uint8_t {
  // To the process: what it is there for comes first.
  fold = 1,  ///< FoldOrder
  answer,    ///< CodeOrder
  stop,
  verified,  ///< the view is equal to a rebuild
  yield,     ///< 1: leave the machine to others, 0: no more
  prepare,   ///< these three are answered
  query,     ///< its index, and its arguments
  rows,      ///< RowRequest

  // From it.
  greeting = 64,  ///< comes first: it is of this release
  refused,        ///< an Error: it cannot do what it is there for
  started,
  committed,  ///< the view tells how far
  caught_up,
  is,      ///< an Activity, and why
  failed,  ///< Failure
  verified_is_committed,
  written,   ///< of a row that is watched: the seq, and the row
  line,      ///< for the log
  answered,  ///< texts, or an Error
};

/// A message: its length (u32, little-endian, of what follows), its kind, its content.
struct Frame {
  Kind kind{};
  ByteView content;
};
inline constexpr std::size_t frame_head_bytes = 5;

void put_frame(Bytes& to, Kind kind, ByteView content);

/// The first message in `bytes`, into which it points; none if it is not all there yet. Errors:
/// `corrupt`: it would be longer than `content_bytes_max`, or is shorter than its head.
[[nodiscard]] Result<std::optional<Frame>> first_frame(ByteView bytes,
                                                       std::size_t content_bytes_max);

}  // namespace refold::isolation
