#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/log/codec/columns.h"
#include "core/log/codec/compress.h"
#include "core/log/codec/dictionary_builder.h"

namespace refold::log::codec {

/// Collects events of one collection and writes them as a frame. Second pass: the dictionary has
/// chosen its numbers. One thread; reused for frame after frame.
class FrameWriter {
 public:
  explicit FrameWriter(DictionaryBuilder& dictionary);

  void add(const Event& event);
  [[nodiscard]] std::size_t events() const noexcept { return columns_[Column::head].size(); }
  /// About what the frame takes before compression.
  [[nodiscard]] std::size_t raw_bytes() const noexcept {
    return number_bytes_ + text_.size() + digests_.size() + plcs_.size();
  }
  /// Appends the frame to `to`, and is empty again.
  void finish(Compressor& compressor, Bytes& to);

 private:
  void put(Column column, std::uint64_t value);
  void put_text(ByteView text);
  void put_rkey(const Event& event, std::uint16_t parts);
  void put_payload(ByteView payload);
  void put_slots(std::span<const Slot> slots);
  void put_slot(const Slot& slot);
  void put_did(const Slot& slot);
  void put_tid(std::uint64_t tid);

  DictionaryBuilder& dictionary_;
  std::array<std::vector<std::uint64_t>, column_count> columns_;
  Bytes text_;
  Bytes digests_;
  Bytes plcs_;
  std::size_t number_bytes_ = 0;
  std::int64_t first_witness_us_ = 0;
  std::int64_t last_witness_us_ = 0;
  std::uint64_t last_rev_us_ = 0;
  std::uint64_t base_us_ = 0;  // what times in the current event are relative to
};

}  // namespace refold::log::codec
