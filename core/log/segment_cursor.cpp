#include <algorithm>

#include "core/log/segment_impl.h"

namespace refold::log {
namespace {

/// Where a cursor is in the events of one group of a block.
struct GroupPlace {
  codec::Frame frame;
  codec::FrameCursor cursor;
  std::size_t next_frame = 0;
  bool wanted = false;
  bool open = false;  // `cursor` stands in `frame`
  std::string_view collection;
};

}  // namespace

struct SegmentCursor::State {
  std::shared_ptr<const Segment> segment;
  const Segment::Impl& in;
  Matcher matcher;
  bool everything;
  std::vector<bool> wanted_actors;       // by DID; empty: all
  std::uint16_t wanted_blocks = 0xffff;  // by DID
  codec::Decompressor decompressor;
  Bytes scratch;
  Order order;
  std::vector<GroupPlace> groups;  // of the current block
  std::size_t block = SIZE_MAX;
  std::uint64_t chunk = SIZE_MAX;  // of the segment; the one that `order` is of
  Seq next = 0;                    // the event that the groups stand before

  State(std::shared_ptr<const Segment> opened, const Matcher& wanted)
      : segment(std::move(opened)),
        in(segment->impl()),
        matcher(wanted),
        everything(wanted.everything()) {
    if (!matcher.all_dids()) choose_actors();
  }

  void choose_actors();
  [[nodiscard]] bool enter_block(std::size_t number);
  [[nodiscard]] Result<void> enter_chunk(std::uint64_t number);
  [[nodiscard]] Result<void> position(Seq seq);
  [[nodiscard]] Result<void> open_frame(std::uint32_t group);
  [[nodiscard]] Result<void> pass(std::uint32_t group, std::uint64_t events);
  [[nodiscard]] Result<void> read_chunk(Page& page);
  [[nodiscard]] Result<void> read_event(std::uint32_t group, Page& page);
};

void SegmentCursor::State::choose_actors() {
  wanted_actors.resize(in.dictionary.did_count());
  wanted_blocks = 0;
  for (std::size_t i = 0; i < wanted_actors.size(); ++i) {
    wanted_actors[i] = matcher.wants_did(in.dictionary.did(i));
    if (wanted_actors[i])
      wanted_blocks = static_cast<std::uint16_t>(wanted_blocks | in.actor_blocks[i]);
  }
}

// Returns false if no event of the block can be wanted.
bool SegmentCursor::State::enter_block(std::size_t number) {
  if (block == number) {
    return std::any_of(groups.begin(), groups.end(), [](const auto& g) { return g.wanted; });
  }
  block = number;
  chunk = SIZE_MAX;
  next = 0;
  const auto& entries = in.directory.blocks[number].groups;
  groups.resize(entries.size());  // frames keep their buffers
  bool any = false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    GroupPlace& place = groups[i];
    place.collection = in.directory.collections[entries[i].collection];
    place.wanted = (wanted_blocks >> number & 1) != 0 &&
                   (place.collection.empty() || matcher.wants_collection(place.collection));
    place.next_frame = 0;
    place.open = false;
    any = any || place.wanted;
  }
  return any;
}

Result<void> SegmentCursor::State::enter_chunk(std::uint64_t number) {
  constexpr std::uint64_t chunks = block_events / chunk_events;
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
  REFOLD_CHECK(in.read_frame(block, group, place.next_frame, decompressor, place.frame));
  ++place.next_frame;
  place.cursor = codec::FrameCursor(place.frame);
  place.open = true;
  return ok();
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
  const std::uint64_t in_chunk = (seq - in.info.first) % chunk_events;
  std::vector<std::uint64_t> ranks(order.bases.begin(), order.bases.end());
  for (std::size_t i = 0; i < in_chunk; ++i) ++ranks[order.groups[i]];
  for (std::uint32_t group = 0; group < groups.size(); ++group) {
    if (groups[group].wanted) REFOLD_CHECK(pass(group, ranks[group]));
  }
  next = seq;
  return ok();
}

Result<void> SegmentCursor::State::read_event(std::uint32_t group, Page& page) {
  GroupPlace& place = groups[group];
  if (!place.open || place.cursor.at_end()) REFOLD_CHECK(open_frame(group));
  if (!wanted_actors.empty() && !wanted_actors[place.cursor.actor() - 1]) {
    place.cursor.skip();
    return ok();
  }
  Event& event = page.events.emplace_back();
  event.seq = next;
  event.collection = place.collection;
  place.cursor.read(event, page.arena);
  if (!everything && !matcher.wants(event)) page.events.pop_back();
  return ok();
}

Result<void> SegmentCursor::State::read_chunk(Page& page) {
  const Seq end = in.info.first + (chunk + 1) * chunk_events;
  std::size_t bytes = page.arena.used_bytes();
  for (std::size_t i = (next - in.info.first) % chunk_events; next < end; ++i) {
    const std::uint16_t group = order.groups[i];
    if (groups[group].wanted) {
      bytes = page.arena.used_bytes();
      if (page.events.size() >= page_events_max || bytes >= page_bytes_max) break;
      auto read = read_event(group, page);
      if (read.has_error()) {
        block = SIZE_MAX;  // the groups no longer stand at one place
        return read;
      }
    }
    page.next = ++next;
  }
  return ok();
}

SegmentCursor::SegmentCursor(std::shared_ptr<const Segment> segment, const Matcher& matcher)
    : state_(std::make_unique<State>(std::move(segment), matcher)) {}
SegmentCursor::~SegmentCursor() = default;
SegmentCursor::SegmentCursor(SegmentCursor&&) noexcept = default;
SegmentCursor& SegmentCursor::operator=(SegmentCursor&&) noexcept = default;

Result<void> SegmentCursor::read(Page& page) {
  State& state = *state_;
  const SegmentInfo& info = state.in.info;
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
    const Seq before = page.next;
    REFOLD_CHECK(state.read_chunk(page));
    if (page.next == before || page.events.size() >= page_events_max ||
        page.arena.used_bytes() >= page_bytes_max) {
      return ok();
    }
  }
  return ok();
}

}  // namespace refold::log
