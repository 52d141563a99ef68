#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>

#include "core/base/file.h"
#include "core/base/wire.h"
#include "core/log/chain.h"
#include "core/log/codec/frame_writer.h"
#include "core/log/segment/directory.h"
#include "core/log/segment/segment.h"

namespace refold::log {
namespace {

constexpr std::size_t write_bytes = std::size_t{1} << 20;

/// Writes one segment file, block by block: the second pass over its events.
class SegmentWriter {
 public:
  SegmentWriter(File file, const SegmentPlan& plan, Seq last, codec::DictionaryBuilder& dictionary)
      : file_(std::move(file)), dictionary_(dictionary) {
    info_.first = plan.first;
    info_.last = last;
    info_.rewrite = plan.rewrite;
    info_.chain_before = plan.chain_before;
    write_header(plan.log_id, info_, out_);
    chain_.emplace(plan.chain_before);
    compressor_.set_prefix(dictionary.text_prefix());
  }

  Result<void> add(const Event& event) {
    if (event.seq == info_.first) info_.first_us = event.witness_us;
    info_.last_us = event.witness_us;
    if (chunk_.empty()) directory_.chunk_first_us.push_back(event.witness_us);
    if (block_events_ == 0) directory_.blocks.emplace_back();
    const std::uint32_t group = group_of(event.collection);
    chunk_.push_back(group);
    codec::FrameWriter& writer = *writers_[group];
    writer.add(event);
    mark_actor(event);
    if (writer.raw_bytes() >= codec::frame_raw_bytes_max) finish_frame(group);
    chain_->add(event);
    if (chunk_.size() == chunk_events) finish_chunk();
    if (++block_events_ == block_events || event.seq == info_.last) finish_block();
    return out_.size() < write_bytes ? ok() : flush();
  }

  Result<SegmentInfo> finish() {
    Bytes raw;
    dictionary_.write(raw);
    directory_.dictionary_raw_bytes = raw.size();
    directory_.dictionary = put_compressed(raw);
    raw.clear();
    REFOLD_CHECK(write_tables());
    for (const std::uint16_t blocks : actor_blocks_) put_fixed(raw, blocks);
    directory_.actors = put_compressed(raw);

    info_.chain = directory_.chain.back();
    raw.clear();
    write_directory(directory_, info_, raw);
    const Extent directory = put_part(raw);
    write_trailer(directory, out_);
    info_.file_checksum = directory.checksum;
    info_.file_bytes = written_ + out_.size();
    REFOLD_CHECK(flush());
    REFOLD_CHECK(file_.sync());
    return info_;
  }

 private:
  std::uint32_t group_of(std::string_view collection) {
    const auto [known, added] =
        collections_.try_emplace(std::string(collection), directory_.collections.size());
    if (added) {
      directory_.collections.emplace_back(collection);
      group_of_collection_.push_back(none);
    }
    std::uint32_t& group = group_of_collection_[known->second];
    if (group == none) {
      auto& groups = directory_.blocks.back().groups;
      group = static_cast<std::uint32_t>(groups.size());
      groups.push_back({static_cast<std::uint32_t>(known->second), {}});
      group_events_.push_back(0);
      if (writers_.size() < groups.size()) {
        writers_.push_back(std::make_unique<codec::FrameWriter>(dictionary_));
      }
    }
    return group;
  }

  void mark_actor(const Event& event) {
    const std::uint64_t actor = dictionary_.actor(event.did);
    if (actor_blocks_.size() < dictionary_.did_count()) {
      actor_blocks_.resize(dictionary_.did_count());
    }
    auto& blocks = actor_blocks_[actor - 1];
    blocks = static_cast<std::uint16_t>(blocks | 1U << (directory_.blocks.size() - 1));
  }

  Extent put_part(ByteView bytes) {
    const std::uint64_t offset = written_ + out_.size();
    append(out_, bytes);
    return {offset, bytes.size(), checksum(bytes, offset)};
  }

  /// They are large: written past `out_`.
  Result<void> write_tables() {
    REFOLD_CHECK(flush());
    Bytes tables;
    dictionary_.write_tables(tables);
    directory_.tables = {written_, tables.size(), checksum(tables, written_)};
    REFOLD_CHECK(file_.write(tables));
    written_ += tables.size();
    return ok();
  }

  Extent put_compressed(ByteView raw) {
    Bytes packed;
    compressor_.compress(raw, packed);
    return put_part(packed);
  }

  void finish_frame(std::uint32_t group) {
    BlockEntry& block = directory_.blocks.back();
    GroupEntry& entry = block.groups[group];
    codec::FrameWriter& writer = *writers_[group];
    const auto events = static_cast<std::uint32_t>(writer.events());
    part_.clear();
    writer.finish(compressor_, part_);
    entry.frames.push_back({put_part(part_), events});
    block.parts.push_back({false, group});
  }

  // order := width base{groups} group{4096}: how many events of each group came before in the
  // block, then the group of each event, in `width` bytes.
  void finish_chunk() {
    BlockEntry& block = directory_.blocks.back();
    Bytes raw;
    const bool wide = block.groups.size() > 256;
    raw.push_back(wide ? 2 : 1);
    put_varint(raw, group_events_.size());
    for (const std::uint32_t base : group_events_) put_varint(raw, base);
    for (const std::uint32_t group : chunk_) {
      raw.push_back(static_cast<std::uint8_t>(group));
      if (wide) raw.push_back(static_cast<std::uint8_t>(group >> 8));
      ++group_events_[group];
    }
    part_.clear();
    put_varint(part_, raw.size());
    compressor_.compress(raw, part_);
    block.orders.push_back(put_part(part_));
    block.parts.push_back({true, 0});
    directory_.chain.push_back(chain_->finish());
    chain_.emplace(directory_.chain.back());
    chunk_.clear();
  }

  void finish_block() {
    for (std::uint32_t group = 0; group < directory_.blocks.back().groups.size(); ++group) {
      if (writers_[group]->events() > 0) finish_frame(group);
      group_of_collection_[directory_.blocks.back().groups[group].collection] = none;
    }
    group_events_.clear();
    block_events_ = 0;
  }

  Result<void> flush() {
    REFOLD_CHECK(file_.write(out_));
    written_ += out_.size();
    out_.clear();
    return ok();
  }

  static constexpr std::uint32_t none = UINT32_MAX;

  File file_;
  codec::DictionaryBuilder& dictionary_;
  codec::Compressor compressor_;
  SegmentInfo info_;
  Directory directory_;
  std::optional<ChainDigest> chain_;
  std::unordered_map<std::string, std::size_t> collections_;
  std::vector<std::unique_ptr<codec::FrameWriter>> writers_;  // by group
  std::vector<std::uint32_t> group_of_collection_;            // in this block, or none
  std::vector<std::uint32_t> group_events_;                   // by group: events before this chunk
  std::vector<std::uint32_t> chunk_;                          // the group of each event
  std::vector<std::uint16_t> actor_blocks_;                   // by DID: a bit per block
  std::uint64_t block_events_ = 0;
  Bytes part_;
  Bytes out_;
  std::uint64_t written_ = 0;
};

}  // namespace

namespace {

/// The first pass. Returns the seq that the segment ends with.
Result<Seq> count_events(const SegmentPlan& plan, const EventRange& events,
                         codec::DictionaryBuilder& dictionary) {
  Seq last = plan.last;
  const auto counted = events(plan.first, plan.last, [&](const Event& event) -> Result<void> {
    dictionary.count(event);
    const bool chunk_ends = (event.seq - plan.first + 1) % chunk_events == 0;
    if (plan.whole || !chunk_ends || !dictionary.full()) return ok();
    last = event.seq;
    return Error{Errc::closed, "the rest belongs to the next segment"};
  });
  if (counted.has_error() && last == plan.last) return counted.error();
  return last;
}

}  // namespace

Result<SegmentInfo> write_segment(const std::filesystem::path& folder, const SegmentPlan& plan,
                                  const EventRange& events) {
  codec::DictionaryBuilder dictionary(plan.last - plan.first + 1);
  REFOLD_TRY(const Seq last, count_events(plan, events, dictionary));
  dictionary.choose();

  SegmentInfo named;
  named.first = plan.first;
  named.last = last;
  named.rewrite = plan.rewrite;
  const std::filesystem::path path = folder / (segment_file_name(named) + ".new");
  const auto write = [&]() -> Result<SegmentInfo> {
    REFOLD_TRY(File file, File::create(path));
    SegmentWriter writer(std::move(file), plan, last, dictionary);
    REFOLD_CHECK(events(plan.first, last, [&](const Event& event) { return writer.add(event); }));
    return writer.finish();
  };
  auto written = write();
  if (!written) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  return written;
}

}  // namespace refold::log
