#include "core/log/segment/directory.h"

#include "core/base/wire.h"

namespace refold::log {
namespace {

constexpr std::uint64_t parts_max = std::uint64_t{1} << 28;

void put_extent(const Extent& extent, Bytes& to) {
  put_varint(to, extent.size);
  put_fixed(to, extent.checksum);
}

/// Reads a size and a checksum; the part lies where the one before it ended.
Extent next_extent(WireReader& from, std::uint64_t& offset) {
  Extent extent{offset, from.varint(), 0};
  extent.checksum = from.fixed<std::uint64_t>();
  if (extent.size > parts_max) extent.size = parts_max;  // caught by the sum of all
  offset += extent.size;
  return extent;
}

void write_block(const BlockEntry& block, Bytes& to) {
  put_varint(to, block.groups.size());
  for (const GroupEntry& group : block.groups) put_varint(to, group.collection);
  put_varint(to, block.parts.size());
  std::size_t orders = 0;
  std::vector<std::size_t> frames(block.groups.size());
  for (const BlockEntry::Part& part : block.parts) {
    put_varint(to, part.order ? 0 : part.group + 1);
    if (part.order) {
      put_extent(block.orders[orders++], to);
      continue;
    }
    const FrameEntry& frame = block.groups[part.group].frames[frames[part.group]++];
    put_extent(frame.extent, to);
    put_varint(to, frame.events);
  }
}

bool read_block(WireReader& from, std::size_t collections, std::uint64_t& offset,
                BlockEntry& block) {
  const std::uint64_t groups = from.varint();
  if (groups > block_events || groups > from.left()) return false;
  block.groups.resize(groups);
  for (GroupEntry& group : block.groups) {
    const std::uint64_t collection = from.varint();
    if (collection >= collections) return false;
    group.collection = static_cast<std::uint32_t>(collection);
  }
  const std::uint64_t parts = from.varint();
  if (parts > from.left()) return false;
  std::uint64_t events = 0;
  for (std::uint64_t i = 0; i < parts; ++i) {
    const std::uint64_t tag = from.varint();
    if (tag > groups) return false;
    const Extent extent = next_extent(from, offset);
    if (tag == 0) {
      block.parts.push_back({true, 0});
      block.orders.push_back(extent);
      continue;
    }
    const std::uint64_t frame_events = from.varint();
    if (frame_events == 0 || frame_events > block_events) return false;
    events += frame_events;
    const auto group = static_cast<std::uint32_t>(tag - 1);
    block.parts.push_back({false, group});
    block.groups[group].frames.push_back({extent, static_cast<std::uint32_t>(frame_events)});
  }
  return !from.failed() && !block.orders.empty() && events == block.orders.size() * chunk_events &&
         events <= block_events;
}

bool read_info(WireReader& from, SegmentInfo& info) {
  info.first = from.varint();
  const std::uint64_t events = from.varint();
  info.last = info.first + events - 1;
  info.rewrite = from.varint();
  info.first_us = unzigzag(from.varint());
  info.last_us = unzigzag(from.varint());
  const ByteView before = from.bytes(sizeof info.chain_before);
  if (from.failed()) return false;
  std::memcpy(info.chain_before.data(), before.data(), before.size());
  return events > 0 && events <= segment_events_max && events % chunk_events == 0 &&
         info.first % chunk_events == 1;
}

bool read_chunks(WireReader& from, std::size_t chunks, Directory& directory, SegmentInfo& info) {
  std::int64_t witness_us = info.first_us;
  for (std::size_t i = 0; i < chunks; ++i) {
    const ByteView digest = from.bytes(sizeof(Sha256Digest));
    if (from.failed()) return false;
    std::memcpy(directory.chain.emplace_back().data(), digest.data(), digest.size());
    witness_us = static_cast<std::int64_t>(static_cast<std::uint64_t>(witness_us) +
                                           static_cast<std::uint64_t>(unzigzag(from.varint())));
    directory.chunk_first_us.push_back(witness_us);
  }
  info.chain = directory.chain.back();
  return !from.failed();
}

}  // namespace

void write_directory(const Directory& directory, const SegmentInfo& info, Bytes& to) {
  put_varint(to, info.first);
  put_varint(to, info.last - info.first + 1);
  put_varint(to, info.rewrite);
  put_varint(to, zigzag(info.first_us));
  put_varint(to, zigzag(info.last_us));
  append(to, info.chain_before);
  std::int64_t witness_us = info.first_us;
  for (std::size_t i = 0; i < directory.chain.size(); ++i) {
    append(to, directory.chain[i]);
    put_varint(to, zigzag(directory.chunk_first_us[i] - witness_us));
    witness_us = directory.chunk_first_us[i];
  }
  put_varint(to, directory.collections.size());
  for (const std::string& collection : directory.collections) {
    put_sized(to, bytes_of(collection));
  }
  put_varint(to, directory.blocks.size());
  for (const BlockEntry& block : directory.blocks) write_block(block, to);
  put_extent(directory.dictionary, to);
  put_varint(to, directory.dictionary_raw_bytes);
  put_extent(directory.tables, to);
  put_extent(directory.actors, to);
}

std::string read_directory(ByteView bytes, std::uint64_t end, Directory& directory,
                           SegmentInfo& info) {
  WireReader from(bytes);
  if (!read_info(from, info)) return "its range cannot be read";
  const std::uint64_t chunks = (info.last - info.first + 1) / chunk_events;
  if (!read_chunks(from, chunks, directory, info)) return "its chunks cannot be read";
  const std::uint64_t collections = from.varint();
  for (std::uint64_t i = 0; i < collections && !from.failed(); ++i) {
    directory.collections.emplace_back(from.sized_text(collection_bytes_max));
  }
  const std::uint64_t blocks = from.varint();
  std::uint64_t offset = segment_header_bytes;
  std::uint64_t chunks_found = 0;
  for (std::uint64_t i = 0; i < blocks && !from.failed(); ++i) {
    BlockEntry& block = directory.blocks.emplace_back();
    if (!read_block(from, directory.collections.size(), offset, block)) {
      return "block " + std::to_string(i) + " cannot be read";
    }
    chunks_found += block.orders.size();
    const bool last = i + 1 == blocks;
    if (!last && block.orders.size() != block_events / chunk_events) return "a block is short";
  }
  if (chunks_found != chunks) return "its blocks do not make up its range";
  directory.dictionary = next_extent(from, offset);
  directory.dictionary_raw_bytes = from.varint();
  directory.tables = next_extent(from, offset);
  directory.actors = next_extent(from, offset);
  if (!from.finished()) return "it is cut off, or too long";
  if (directory.dictionary_raw_bytes > parts_max) return "the dictionary is too large";
  return offset == end ? std::string() : "its parts do not fill the file";
}

void write_header(const LogId& log_id, const SegmentInfo& info, Bytes& to) {
  const std::size_t from = to.size();
  append(to, bytes_of("refold segment\r\n"));
  put_fixed(to, segment_version);
  append(to, log_id);
  put_fixed(to, info.first);
  put_fixed(to, info.rewrite);
  to.resize(from + segment_header_bytes - sizeof(std::uint64_t), 0);
  put_fixed(to, checksum(ByteView(to).subspan(from)));
}

void write_trailer(const Extent& directory, Bytes& to) {
  const std::size_t from = to.size();
  put_fixed(to, directory.offset);
  put_fixed(to, directory.size);
  put_fixed(to, directory.checksum);
  append(to, bytes_of("segm.end"));
  put_fixed(to, checksum(ByteView(to).subspan(from)));
}

}  // namespace refold::log
