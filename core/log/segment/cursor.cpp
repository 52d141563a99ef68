#include <algorithm>

#include "core/log/segment/batch.h"
#include "core/log/segment/frames_ahead.h"
#include "core/log/segment/impl.h"

namespace refold::log {
namespace {

constexpr std::size_t frames_ahead = 2;  // of each group

/// Where a cursor is in the events of one group of a block.
struct GroupPlace {
  codec::Frame frame;
  codec::FrameCursor cursor;
  std::size_t next_frame = 0;
  bool open = false;  // `cursor` stands in `frame`
  std::string_view collection;
};

}  // namespace

struct SegmentCursor::State {
  std::shared_ptr<const Segment> segment;
  const Segment::Impl& in;
  Matcher matcher;
  bool everything;
  bool actors_chosen;                    // or not needed
  std::vector<bool> wanted_actors;       // by DID; empty: all
  std::uint16_t wanted_blocks = 0xffff;  // by DID
  codec::Decompressor decompressor;
  Bytes scratch;
  Order order;
  std::vector<GroupPlace> groups;    // of the current block
  std::vector<std::uint8_t> wanted;  // by group
  std::size_t block = SIZE_MAX;
  std::uint64_t chunk = SIZE_MAX;  // of the segment; the one that `order` is of
  Seq next = 0;                    // the event that the groups stand before
  Batch batch;
  bool dropped = false;                // not every event of the batch is wanted
  std::unique_ptr<FramesAhead> ahead;  // null: frames are read when they are needed

  State(std::shared_ptr<const Segment> opened, const Matcher& filter, ReadAhead read_ahead)
      : segment(std::move(opened)),
        in(segment->impl()),
        matcher(filter),
        everything(filter.everything()),
        actors_chosen(filter.all_dids()) {
    if (read_ahead == ReadAhead::yes) ahead = std::make_unique<FramesAhead>(in);
  }

  [[nodiscard]] Result<void> choose_actors();
  [[nodiscard]] bool enter_block(std::size_t number);
  [[nodiscard]] Result<void> enter_chunk(std::uint64_t number);
  [[nodiscard]] Result<void> position(Seq seq);
  [[nodiscard]] Result<void> open_frame(std::uint32_t group);
  void ask_for_more(std::uint32_t group);
  [[nodiscard]] Result<void> pass(std::uint32_t group, std::uint64_t events);
  [[nodiscard]] Result<void> read_chunk(Page& page);
  [[nodiscard]] Result<void> read_batch(Page& page);
  [[nodiscard]] Result<void> read_event(std::uint32_t group, Seq seq, Event& event, Arena& arena);
};

Result<void> SegmentCursor::State::choose_actors() {
  REFOLD_TRY(const std::vector<std::uint16_t> blocks, in.read_actors());
  wanted_actors.resize(blocks.size());
  wanted_blocks = 0;
  Arena arena;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    arena.clear();
    wanted_actors[i] = matcher.wants_did(in.dictionary.did(i, arena));
    if (wanted_actors[i]) wanted_blocks = static_cast<std::uint16_t>(wanted_blocks | blocks[i]);
  }
  actors_chosen = true;
  return ok();
}

// Returns false if no event of the block can be wanted.
bool SegmentCursor::State::enter_block(std::size_t number) {
  if (block == number) {
    return std::find(wanted.begin(), wanted.end(), 1) != wanted.end();
  }
  if (ahead && number != block + 1) ahead->forget();
  block = number;
  chunk = SIZE_MAX;
  next = 0;
  const auto& entries = in.directory.blocks[number].groups;
  groups.resize(entries.size());  // frames keep their buffers
  wanted.resize(entries.size());
  bool any = false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    GroupPlace& place = groups[i];
    place.collection = in.directory.collections[entries[i].collection];
    const bool want = (wanted_blocks >> number & 1) != 0 &&
                      (place.collection.empty() || matcher.wants_collection(place.collection));
    wanted[i] = want ? 1 : 0;
    place.next_frame = 0;
    place.open = false;
    any = any || want;
  }
  return any;
}

Result<void> SegmentCursor::State::enter_chunk(std::uint64_t number) {
  constexpr std::uint64_t chunks = block_events / chunk_events;
  chunk = SIZE_MAX;  // until `order` is whole again
  REFOLD_CHECK(in.read_order(block, number % chunks, decompressor, scratch, order));
  chunk = number;
  return ok();
}

Result<void> SegmentCursor::State::open_frame(std::uint32_t group) {
  GroupPlace& place = groups[group];
  const auto& frames = in.directory.blocks[block].groups[group].frames;
  if (place.next_frame >= frames.size()) {
    return in.corrupt("block " + std::to_string(block),
                      "its order has more events than its frames");
  }
  place.open = false;
  if (ahead) {
    REFOLD_CHECK(ahead->take({block, group, place.next_frame}, decompressor, place.frame));
  } else {
    REFOLD_CHECK(in.read_frame(block, group, place.next_frame, decompressor, place.frame));
  }
  ++place.next_frame;
  if (ahead) ask_for_more(group);
  place.cursor = codec::FrameCursor(place.frame, in.dictionary);
  place.open = true;
  return ok();
}

// Asks for the next frames of a group: in this block, then its first in the next one.
void SegmentCursor::State::ask_for_more(std::uint32_t group) {
  const GroupEntry& here = in.directory.blocks[block].groups[group];
  const std::size_t from = groups[group].next_frame;
  for (std::size_t i = from; i < std::min(from + frames_ahead, here.frames.size()); ++i) {
    ahead->want({block, group, i});
  }
  if (from < here.frames.size() || block + 1 >= in.directory.blocks.size()) return;
  const auto& there = in.directory.blocks[block + 1].groups;
  const auto same = std::find_if(there.begin(), there.end(), [&](const GroupEntry& entry) {
    return entry.collection == here.collection;
  });
  const bool wanted_there = (wanted_blocks >> (block + 1) & 1) != 0;
  if (same == there.end() || !wanted_there) return;
  ahead->want({block + 1, static_cast<std::uint32_t>(same - there.begin()), 0});
}

// Puts a group before its event number `events` of the block.
Result<void> SegmentCursor::State::pass(std::uint32_t group, std::uint64_t events) {
  GroupPlace& place = groups[group];
  const auto& frames = in.directory.blocks[block].groups[group].frames;
  place.next_frame = 0;
  place.open = false;
  while (place.next_frame < frames.size() && events >= frames[place.next_frame].events) {
    events -= frames[place.next_frame].events;
    ++place.next_frame;
  }
  if (events == 0) return ok();  // the next frame is opened when it is needed
  REFOLD_CHECK(open_frame(group));
  while (events-- > 0) place.cursor.skip();
  return ok();
}

// Puts every wanted group before `seq`, which lies in the current chunk.
Result<void> SegmentCursor::State::position(Seq seq) {
  if (next == seq) return ok();
  if (ahead && (seq - in.info.first) % block_events != 0) ahead->forget();
  next = 0;  // until all groups stand before `seq`
  const std::uint64_t in_chunk = (seq - in.info.first) % chunk_events;
  std::vector<std::uint64_t> ranks(order.bases.begin(), order.bases.end());
  for (std::size_t i = 0; i < in_chunk; ++i) ++ranks[order.groups[i]];
  for (std::uint32_t group = 0; group < groups.size(); ++group) {
    if (wanted[group] != 0) REFOLD_CHECK(pass(group, ranks[group]));
  }
  next = seq;
  return ok();
}

// Makes the next event of the group; its seq is 0 if it is not wanted, or of a later version's
// kind.
Result<void> SegmentCursor::State::read_event(std::uint32_t group, Seq seq, Event& event,
                                              Arena& arena) {
  GroupPlace& place = groups[group];
  if (!place.open || place.cursor.at_end()) REFOLD_CHECK(open_frame(group));
  if (!wanted_actors.empty() && !wanted_actors[place.cursor.actor() - 1]) {
    place.cursor.skip();
    dropped = true;
    return ok();
  }
  event.seq = seq;
  event.collection = place.collection;
  place.cursor.read(event, arena);
  if (!is_known(event.kind) || (!everything && !matcher.wants(event))) {
    event.seq = 0;
    dropped = true;
  }
  return ok();
}

Result<void> SegmentCursor::State::read_batch(Page& page) {
  const std::size_t at = (next - in.info.first) % chunk_events;
  const std::size_t count = std::min<std::size_t>(Batch::events_max, chunk_events - at);
  batch.clear(groups.size());
  dropped = false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t group = order.groups[at + i];
    if (wanted[group] != 0) batch.add(group, i);
  }
  const std::size_t base = page.events.size();
  page.events.insert(page.events.end(), batch.size(), Event{});
  for (const std::uint16_t group : batch.groups()) {
    for (auto slot = batch.first(group); slot != Batch::none; slot = batch.next(slot)) {
      auto read =
          read_event(group, next + batch.offset(slot), page.events[base + slot], page.arena);
      if (read.has_value()) continue;
      page.events.resize(base);
      block = SIZE_MAX;  // the groups no longer stand at one place
      return read;
    }
  }
  if (dropped) {
    const auto from = page.events.begin() + static_cast<std::ptrdiff_t>(base);
    page.events.erase(
        std::remove_if(from, page.events.end(), [](const Event& event) { return event.seq == 0; }),
        page.events.end());
  }
  page.next = next += count;
  return ok();
}

Result<void> SegmentCursor::State::read_chunk(Page& page) {
  const Seq end = in.info.first + (chunk + 1) * chunk_events;
  while (next < end && page.events.size() + Batch::events_max <= page_events_max &&
         page.arena.used_bytes() < page_bytes_max) {
    REFOLD_CHECK(read_batch(page));
  }
  return ok();
}

SegmentCursor::SegmentCursor(std::shared_ptr<const Segment> segment, const Matcher& matcher,
                             ReadAhead read_ahead)
    : state_(std::make_unique<State>(std::move(segment), matcher, read_ahead)) {}
SegmentCursor::~SegmentCursor() = default;
SegmentCursor::SegmentCursor(SegmentCursor&&) noexcept = default;
SegmentCursor& SegmentCursor::operator=(SegmentCursor&&) noexcept = default;

Result<void> SegmentCursor::read(Page& page) {
  State& state = *state_;
  const SegmentInfo& info = state.in.info;
  if (!state.actors_chosen) REFOLD_CHECK(state.choose_actors());
  page.pinned.push_back(state.segment);
  page.next = std::max(page.next, info.first);
  while (page.next <= info.last) {
    const std::uint64_t offset = page.next - info.first;
    const std::size_t block = offset / block_events;
    if (!state.enter_block(block)) {
      page.next = std::min(info.first + (block + 1) * block_events, info.last + 1);
      continue;
    }
    if (state.chunk != offset / chunk_events) {
      REFOLD_CHECK(state.enter_chunk(offset / chunk_events));
    }
    REFOLD_CHECK(state.position(page.next));
    REFOLD_CHECK(state.read_chunk(page));
    if (state.next <= info.first + (state.chunk + 1) * chunk_events - 1)
      return ok();  // a full page
  }
  return ok();
}

}  // namespace refold::log
