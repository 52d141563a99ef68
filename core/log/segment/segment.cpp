#include "core/log/segment/segment.h"

#include <algorithm>

#include "core/base/wire.h"
#include "core/log/segment/impl.h"

namespace refold::log {
namespace {

std::string mismatch(std::uint64_t stored, std::uint64_t found) {
  Bytes bytes(16);
  store_be64(bytes.data(), stored);
  store_be64(bytes.data() + 8, found);
  const std::string text = hex(bytes);
  return "checksum mismatch (stored " + text.substr(0, 16) + ", found " + text.substr(16) + ")";
}

std::string padded(Seq seq) {
  const std::string digits = std::to_string(seq);
  return std::string(20 - digits.size(), '0') + digits;
}

Result<void> check_header(const Segment::Impl& segment, const LogId& log_id) {
  Bytes bytes(segment_header_bytes);
  REFOLD_CHECK(segment.file.read(0, bytes));
  WireReader from(bytes);
  const std::string_view magic = text_of(from.bytes(16));
  const auto version = from.fixed<std::uint32_t>();
  if (magic != "refold segment\r\n") return segment.corrupt("header", "it is no segment of a log");
  const std::uint64_t found = checksum(ByteView(bytes).first(bytes.size() - 8));
  const auto stored = load_le<std::uint64_t>(bytes.data() + bytes.size() - 8);
  if (stored != found) return segment.corrupt("header", mismatch(stored, found));
  if (version > segment_version) {
    return Error{Errc::newer_format, segment.file.path().string() + ": has format version " +
                                         std::to_string(version) + ", this program reads up to " +
                                         std::to_string(segment_version) + "; use a newer refold"};
  }
  if (!equal(from.bytes(log_id.size()), log_id)) {
    return segment.corrupt("header", "it belongs to another log");
  }
  return ok();
}

Result<Extent> read_trailer(const Segment::Impl& segment) {
  REFOLD_TRY(const std::uint64_t size, segment.file.size());
  if (size < segment_header_bytes + segment_trailer_bytes) {
    return segment.corrupt("trailer", "the file is cut off");
  }
  Bytes bytes(segment_trailer_bytes);
  REFOLD_CHECK(segment.file.read(size - bytes.size(), bytes));
  WireReader from(bytes);
  Extent directory{from.fixed<std::uint64_t>(), from.fixed<std::uint64_t>(),
                   from.fixed<std::uint64_t>()};
  const std::string_view magic = text_of(from.bytes(8));
  const std::uint64_t found = checksum(ByteView(bytes).first(bytes.size() - 8));
  const auto stored = from.fixed<std::uint64_t>();
  if (stored != found) return segment.corrupt("trailer", mismatch(stored, found));
  if (magic != "segm.end" || directory.offset > size ||
      directory.size != size - segment_trailer_bytes - directory.offset) {
    return segment.corrupt("trailer", "it does not fit the file");
  }
  return directory;
}

Result<void> load_dictionary(Segment::Impl& segment) {
  codec::Decompressor decompressor;
  const Directory& directory = segment.directory;
  Bytes packed;
  Bytes raw;
  REFOLD_CHECK(segment.read(directory.dictionary, "dictionary", packed));
  if (!decompressor.decompress(packed, directory.dictionary_raw_bytes, raw)) {
    return segment.corrupt("dictionary", "it does not decompress");
  }
  REFOLD_TRY(segment.tables, segment.file.map(directory.tables.offset, directory.tables.size));
  const ByteView tables = segment.tables.bytes();
  const std::uint64_t found = checksum(tables, directory.tables.offset);
  if (found != directory.tables.checksum) {
    return segment.corrupt("tables", mismatch(directory.tables.checksum, found));
  }
  const std::string wrong = segment.dictionary.read(raw, tables);
  if (!wrong.empty()) return segment.corrupt("dictionary", wrong);
  return segment.read(directory.actors, "postings", packed);  // checked here, used when asked for
}

}  // namespace

std::string segment_file_name(const SegmentInfo& info) {
  return padded(info.first) + "-" + padded(info.last) + "." + std::to_string(info.rewrite) + ".seg";
}

Error Segment::Impl::corrupt(std::string_view what, std::string_view wrong) const {
  return {Errc::corrupt, file.path().string() + ": " + std::string(what) + ": " +
                             std::string(wrong) + "; restore the file from a backup"};
}

Result<void> Segment::Impl::read(const Extent& extent, std::string_view what, Bytes& bytes) const {
  bytes.resize(extent.size);
  REFOLD_CHECK(file.read(extent.offset, bytes));
  const std::uint64_t found = checksum(bytes, extent.offset);
  if (found != extent.checksum) return corrupt(what, mismatch(extent.checksum, found));
  return ok();
}

Result<std::vector<std::uint16_t>> Segment::Impl::read_actors() const {
  codec::Decompressor decompressor;
  Bytes packed;
  Bytes raw;
  std::vector<std::uint16_t> blocks(dictionary.did_count());
  REFOLD_CHECK(read(directory.actors, "postings", packed));
  if (!decompressor.decompress(packed, blocks.size() * sizeof blocks[0], raw)) {
    return corrupt("postings", "they do not decompress");
  }
  std::memcpy(blocks.data(), raw.data(), raw.size());
  return blocks;
}

Result<void> Segment::Impl::read_order(std::size_t block, std::size_t chunk,
                                       codec::Decompressor& decompressor, Bytes& scratch,
                                       Order& order) const {
  const auto what = [&] {
    return "block " + std::to_string(block) + ": order of chunk " + std::to_string(chunk);
  };
  Bytes packed;
  const BlockEntry& entry = directory.blocks[block];
  REFOLD_CHECK(read(entry.orders[chunk], what(), packed));
  WireReader head(packed);
  const std::uint64_t raw_size = head.varint();
  if (raw_size > block_events * 16 ||
      !decompressor.decompress(head.bytes(head.left()), raw_size, scratch)) {
    return corrupt(what(), "it does not decompress");
  }
  WireReader from(scratch);
  const auto width = from.fixed<std::uint8_t>();
  const std::uint64_t groups = from.varint();
  if (groups > entry.groups.size()) return corrupt(what(), "it has too many groups");
  order.bases.assign(entry.groups.size(), 0);
  for (std::uint64_t i = 0; i < groups; ++i) {
    order.bases[i] = static_cast<std::uint32_t>(std::min(from.varint(), block_events));
  }
  const ByteView numbers = from.bytes(chunk_events * width);
  if (!from.finished() || width < 1 || width > 2) return corrupt(what(), "it is cut off");
  order.groups.resize(chunk_events);
  std::uint16_t largest = 0;
  for (std::size_t i = 0; i < chunk_events; ++i) {
    order.groups[i] = width == 1 ? numbers[i] : load_le<std::uint16_t>(numbers.data() + 2 * i);
    largest = std::max(largest, order.groups[i]);
  }
  if (largest >= entry.groups.size()) return corrupt(what(), "it names a group that is not there");
  return ok();
}

Result<void> Segment::Impl::read_frame(std::size_t block, std::uint32_t group, std::size_t frame,
                                       codec::Decompressor& decompressor,
                                       codec::Frame& into) const {
  const GroupEntry& entry = directory.blocks[block].groups[group];
  const auto what = [&] {
    return "block " + std::to_string(block) + ": frame " + std::to_string(frame) + " of '" +
           directory.collections[entry.collection] + "'";
  };
  Bytes bytes = into.release();
  REFOLD_CHECK(read(entry.frames[frame].extent, what(), bytes));
  std::string wrong =
      into.load(std::move(bytes), dictionary, decompressor, dictionary.text_prefix());
  if (wrong.empty() && into.events() != entry.frames[frame].events) {
    wrong = "it has another number of events than its directory says";
  }
  if (!wrong.empty()) return corrupt(what(), wrong);
  return ok();
}

Segment::Segment(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Segment::~Segment() = default;

Result<std::shared_ptr<const Segment>> Segment::open(const std::filesystem::path& folder,
                                                     const LogId& log_id, const SegmentInfo& listed,
                                                     std::string_view suffix) {
  REFOLD_TRY(File file, File::open(folder / (segment_file_name(listed) + std::string(suffix))));
  auto segment = std::make_unique<Impl>(std::move(file));
  REFOLD_CHECK(check_header(*segment, log_id));
  REFOLD_TRY(const Extent extent, read_trailer(*segment));
  if (extent.checksum != listed.file_checksum) {
    return segment->corrupt("directory", "it is not the one that the log lists: " +
                                             mismatch(listed.file_checksum, extent.checksum));
  }
  Bytes bytes;
  REFOLD_CHECK(segment->read(extent, "directory", bytes));
  const std::string wrong = read_directory(bytes, extent.offset, segment->directory, segment->info);
  if (!wrong.empty()) return segment->corrupt("directory", wrong);
  segment->info.file_checksum = extent.checksum;
  segment->info.file_bytes = extent.offset + extent.size + segment_trailer_bytes;
  if (!(segment->info == listed)) {
    return segment->corrupt("directory", "its range, times or chain are not what the log lists");
  }
  REFOLD_CHECK(load_dictionary(*segment));
  segment->memory_bytes = segment->dictionary.memory_bytes() + bytes.size() * 3;
  return std::shared_ptr<const Segment>(new Segment(std::move(segment)));
}

const SegmentInfo& Segment::info() const noexcept { return impl_->info; }
std::size_t Segment::memory_bytes() const noexcept { return impl_->memory_bytes; }
const std::vector<Sha256Digest>& Segment::chain() const noexcept { return impl_->directory.chain; }

bool Segment::may_match(const Matcher& matcher) const noexcept {
  const auto& collections = impl_->directory.collections;
  return std::any_of(collections.begin(), collections.end(), [&](const std::string& collection) {
    return collection.empty() || matcher.wants_collection(collection);
  });
}

Result<Seq> Segment::first_witnessed_at(std::int64_t witness_us) const {
  // The first event of a later chunk is too late to be the first; look in the chunk before.
  const auto& first_us = impl_->directory.chunk_first_us;
  const auto later = std::lower_bound(first_us.begin(), first_us.end(), witness_us);
  if (later == first_us.begin()) return info().first;
  const auto chunk = static_cast<Seq>(later - first_us.begin() - 1);
  REFOLD_TRY(const Matcher everything, Matcher::make({.history = true}));
  const std::shared_ptr<const Segment> borrowed(std::shared_ptr<const Segment>(), this);
  SegmentCursor cursor(borrowed, everything);
  Page page;
  page.next = info().first + chunk * chunk_events;
  const Seq end = page.next + chunk_events;
  while (page.next < end && page.next <= info().last) {
    page.clear();
    REFOLD_CHECK(cursor.read(page));
    for (const Event& event : page.events) {
      if (event.witness_us >= witness_us) return event.seq;
    }
  }
  return end;
}

}  // namespace refold::log
