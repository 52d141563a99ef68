#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/file.h"
#include "core/log/codec/compress.h"
#include "core/log/codec/dictionary.h"
#include "core/log/codec/frame.h"
#include "core/log/segment/directory.h"
#include "core/log/segment/segment.h"

namespace refold::log {

/// Which group each event of a chunk is in: the order of its events.
struct Order {
  std::vector<std::uint32_t> bases;   ///< by group: its events in the block before this chunk
  std::vector<std::uint16_t> groups;  ///< chunk_events of them
};

/// What an open segment holds. Only the files of the segment reader include this.
struct Segment::Impl {
  File file;
  SegmentInfo info;
  Directory directory;
  FileMap tables;  ///< the dictionary's
  codec::Dictionary dictionary;
  std::size_t memory_bytes = 0;

  explicit Impl(File opened) : file(std::move(opened)) {}

  /// Reads one part into `bytes` and checks it. `what` names it in the error.
  [[nodiscard]] Result<void> read(const Extent& extent, std::string_view what, Bytes& bytes) const;
  [[nodiscard]] Result<void> read_order(std::size_t block, std::size_t chunk,
                                        codec::Decompressor& decompressor, Bytes& scratch,
                                        Order& order) const;
  [[nodiscard]] Result<void> read_frame(std::size_t block, std::uint32_t group, std::size_t frame,
                                        codec::Decompressor& decompressor,
                                        codec::Frame& into) const;
  /// By DID: bit b is set if it acts in block b.
  [[nodiscard]] Result<std::vector<std::uint16_t>> read_actors() const;
  /// `corrupt`: the file's name, the part, what is wrong with it and what to do.
  [[nodiscard]] Error corrupt(std::string_view what, std::string_view wrong) const;
};

}  // namespace refold::log
