#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/log/limits.h"
#include "core/log/segment/segment.h"

namespace refold::log {

/// A segment file, front to back, without gaps:
///
///   header | frames and orders of block 0 | ... of the last block | dictionary | tables | actors |
///   directory | trailer
///
/// The header and the trailer have a checksum each, the trailer holds the directory's, and the
/// directory one for every other part. docs/log-format.md, "Segments".
inline constexpr std::uint32_t segment_version = 1;
inline constexpr std::size_t segment_header_bytes = 64;
inline constexpr std::size_t segment_trailer_bytes = 40;

/// A part of the file, with the checksum of its bytes, seeded with the offset.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t checksum = 0;
};

struct FrameEntry {
  Extent extent;
  std::uint32_t events = 0;
};

/// The events of one collection in one block.
struct GroupEntry {
  std::uint32_t collection = 0;
  std::vector<FrameEntry> frames;
};

/// Consecutive events, at most block_events, in whole chunks.
struct BlockEntry {
  struct Part {
    bool order = false;
    std::uint32_t group = 0;  ///< of a frame
  };
  std::vector<Part> parts;     ///< in file order; the extents are below
  std::vector<Extent> orders;  ///< per chunk: which group each of its events is in
  std::vector<GroupEntry> groups;
};

/// The rest of what the directory says. The parts of a block are listed in file order with their
/// sizes, so offsets need no storing and gaps cannot be expressed.
struct Directory {
  std::vector<std::string> collections;      ///< "" for events without one
  std::vector<std::int64_t> chunk_first_us;  ///< witness time of each chunk's first event
  std::vector<Sha256Digest> chain;           ///< after each chunk
  std::vector<BlockEntry> blocks;
  Extent dictionary;
  std::uint64_t dictionary_raw_bytes = 0;
  Extent tables;  ///< of the dictionary; not compressed
  Extent actors;
};

void write_directory(const Directory& directory, const SegmentInfo& info, Bytes& to);
/// Reads it back, and what it says of the segment into `info`. Returns an empty text, or what is
/// wrong: among others, parts that do not reach from the header to `end` exactly.
[[nodiscard]] std::string read_directory(ByteView bytes, std::uint64_t end, Directory& directory,
                                         SegmentInfo& info);

void write_header(const LogId& log_id, const SegmentInfo& info, Bytes& to);
void write_trailer(const Extent& directory, Bytes& to);

}  // namespace refold::log
