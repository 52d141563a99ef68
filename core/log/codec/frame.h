#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/atproto/datetime.h"
#include "core/base/arena.h"
#include "core/log/codec/columns.h"
#include "core/log/codec/compress.h"
#include "core/log/codec/dictionary.h"
#include "core/log/event.h"
#include "core/log/page.h"

namespace refold::log::codec {

/// A frame with its columns decoded: the events of one collection in one block. Everything is
/// checked when it is loaded, so that reading events from it cannot fail. Reused for many frames;
/// once loaded, any number of threads may read.
class Frame {
 public:
  /// Takes the frame's bytes and decodes them. Returns an empty text, or what is wrong with them;
  /// the frame then has no events.
  [[nodiscard]] std::string load(Bytes bytes, const Dictionary& dictionary,
                                 Decompressor& decompressor, const Prefix* prefix);

  [[nodiscard]] std::size_t events() const noexcept { return columns_[Column::head].size(); }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;
  /// The buffer that load() took, to be filled for the next one.
  [[nodiscard]] Bytes release() noexcept { return std::move(bytes_); }

 private:
  friend class FrameCursor;
  [[nodiscard]] std::string load_streams(Decompressor& decompressor, const Prefix* prefix);
  [[nodiscard]] std::string load_columns(ByteView classes, ByteView bits);
  [[nodiscard]] bool consistent(const Dictionary& dictionary) const;
  [[nodiscard]] bool in_dictionary(const Dictionary& dictionary) const;

  Bytes bytes_;
  Bytes classes_;
  Bytes text_;
  const std::uint8_t* digests_ = nullptr;  // into bytes_
  const std::uint8_t* plcs_ = nullptr;
  std::size_t digest_count_ = 0;
  std::size_t plc_count_ = 0;
  std::int64_t first_witness_us_ = 0;
  std::array<std::vector<std::uint64_t>, column_count> columns_;
};

/// A place in a frame, moved forward event by event. One thread; the frame and its dictionary
/// outlive it, and the frame is not reloaded meanwhile.
class FrameCursor {
 public:
  FrameCursor() = default;
  /// `dictionary` has what the one had that the frame was loaded with.
  FrameCursor(const Frame& frame, const Dictionary& dictionary) noexcept;

  [[nodiscard]] bool at_end() const noexcept { return events_left_ == 0; }
  /// The actor of the event here, as a column value.
  [[nodiscard]] std::uint64_t actor() const noexcept { return *at_[Column::actor]; }
  /// Passes the event here without making it.
  void skip() noexcept;
  /// Makes the event here and passes it. Sets all fields of `event` but seq and collection, which
  /// the caller has set. Texts and payloads lie in `arena` and the dictionary.
  void read(Event& event, Arena& arena);

 private:
  /// DIDs and references lie in tables larger than a cache: those that will be wanted so many
  /// values later are asked for before.
  static constexpr std::size_t far_ahead = 12;

  [[nodiscard]] std::uint64_t take(Column column) noexcept { return *at_[column]++; }
  /// The value that many places further on; 0 behind the column's end.
  [[nodiscard]] std::uint64_t ahead(Column column, std::size_t distance) const noexcept {
    const std::vector<std::uint64_t>& values = frame_->columns_[column];
    const std::uint64_t* const at = at_[column] + distance;
    return at < values.data() + values.size() ? *at : 0;
  }
  /// What a difference stands for, `from` the value before it.
  [[nodiscard]] static std::uint64_t undo(std::uint64_t difference, std::uint64_t from) noexcept {
    return from + static_cast<std::uint64_t>(unzigzag(difference));
  }
  void read_rev(Event& event, std::uint16_t parts) noexcept;
  void read_rkey(Event& event, std::uint16_t parts, Arena& arena);
  [[nodiscard]] ByteView take_text(Arena& arena);
  [[nodiscard]] const atproto::Cid* take_cid(bool raw, Arena& arena);

  // frame_payload.cpp
  [[nodiscard]] ByteView read_payload(Arena& arena);
  void skip_payload() noexcept;
  struct Writing;
  void write_step(const Step& step, Writing& out);
  void write_text(Op op, Writing& out);
  void prefetch_ref() const noexcept;
  void write_ref(Op op, Writing& out);
  void write_cid(atproto::Cid::Codec codec, Writing& out);
  void write_did(Writing& out);
  void write_tid(Writing& out);
  void write_time(Op op, Writing& out);

  const Frame* frame_ = nullptr;
  const Dictionary* dictionary_ = nullptr;
  std::size_t events_left_ = 0;
  std::array<const std::uint64_t*, column_count> at_{};
  const std::uint8_t* text_ = nullptr;
  const std::uint8_t* digest_ = nullptr;
  const std::uint8_t* plc_ = nullptr;
  std::uint64_t witness_us_ = 0;
  std::uint64_t last_rev_us_ = 0;
  std::uint64_t base_us_ = 0;
  atproto::DatetimeWriter datetimes_;
};

}  // namespace refold::log::codec
