#include <list>
#include <map>
#include <mutex>
#include <tuple>

#include "core/log/segment/impl.h"

namespace refold::log {
namespace {

/// A frame of a segment (group + 1), or the order of a chunk (group 0). Segments are named, not
/// held open, by what is kept of them: their dictionaries would be memory that nobody counts.
struct Key {
  Seq first;
  std::uint64_t rewrite;
  std::uint32_t block;
  std::uint32_t group;
  std::uint32_t number;

  friend bool operator<(const Key& a, const Key& b) noexcept {
    return std::tie(a.first, a.rewrite, a.block, a.group, a.number) <
           std::tie(b.first, b.rewrite, b.block, b.group, b.number);
  }
};

struct Entry {
  std::shared_ptr<const codec::Frame> frame;
  std::shared_ptr<const Order> order;
  std::size_t bytes = 0;
  std::list<Key>::iterator used;
};

}  // namespace

struct FrameCache::State {
  const std::size_t bytes_max;
  std::mutex mutex;
  std::map<Key, Entry> entries;
  std::list<Key> by_use;  // the newest first
  std::size_t bytes = 0;

  explicit State(std::size_t limit) : bytes_max(limit) {}

  /// The entry, or what `load` makes of it. Two threads may load the same one; one is kept.
  template <class Load>
  Result<Entry> get(const Key& key, Load load) {
    {
      const std::lock_guard lock(mutex);
      if (const auto known = entries.find(key); known != entries.end()) {
        by_use.splice(by_use.begin(), by_use, known->second.used);
        return known->second;
      }
    }
    Entry entry;
    REFOLD_CHECK(load(entry));
    const std::lock_guard lock(mutex);
    const auto [at, added] = entries.try_emplace(key, entry);
    if (!added) return at->second;
    by_use.push_front(key);
    at->second.used = by_use.begin();
    bytes += entry.bytes;
    while (bytes > bytes_max && by_use.size() > 1) {
      const auto oldest = entries.find(by_use.back());
      bytes -= oldest->second.bytes;
      entries.erase(oldest);
      by_use.pop_back();
    }
    return entry;
  }
};

FrameCache::FrameCache(std::size_t bytes_max) : state_(std::make_unique<State>(bytes_max)) {}
FrameCache::~FrameCache() = default;

void FrameCache::clear() {
  const std::lock_guard lock(state_->mutex);
  state_->entries.clear();
  state_->by_use.clear();
  state_->bytes = 0;
}

Result<void> FrameCache::get(const std::shared_ptr<const Segment>& segment, Seq seq, Page& page) {
  thread_local codec::Decompressor decompressor;
  const Segment::Impl& in = segment->impl();
  const std::uint64_t offset = seq - in.info.first;
  const auto block = static_cast<std::uint32_t>(offset / block_events);
  const auto chunk = static_cast<std::uint32_t>(offset % block_events / chunk_events);
  REFOLD_TRY(const Entry in_order,
             state_->get({in.info.first, in.info.rewrite, block, 0, chunk},
                         [&](Entry& entry) -> Result<void> {
                           auto order = std::make_shared<Order>();
                           Bytes scratch;
                           REFOLD_CHECK(in.read_order(block, chunk, decompressor, scratch, *order));
                           entry.bytes = order->groups.size() * 2 + order->bases.size() * 4;
                           entry.order = std::move(order);
                           return ok();
                         }));

  const std::size_t in_chunk = offset % chunk_events;
  const auto& groups = in_order.order->groups;
  const std::uint32_t group = groups[in_chunk];
  std::uint64_t rank = in_order.order->bases[group];
  for (std::size_t i = 0; i < in_chunk; ++i) rank += groups[i] == group ? 1 : 0;
  const GroupEntry& entries = in.directory.blocks[block].groups[group];
  std::uint32_t number = 0;
  while (number < entries.frames.size() && rank >= entries.frames[number].events) {
    rank -= entries.frames[number++].events;
  }
  if (number == entries.frames.size()) {
    return in.corrupt("block " + std::to_string(block),
                      "its order has more events than its frames");
  }
  REFOLD_TRY(const Entry found,
             state_->get({in.info.first, in.info.rewrite, block, group + 1, number},
                         [&](Entry& entry) -> Result<void> {
                           auto frame = std::make_shared<codec::Frame>();
                           REFOLD_CHECK(in.read_frame(block, group, number, decompressor, *frame));
                           entry.bytes = frame->memory_bytes();
                           entry.frame = std::move(frame);
                           return ok();
                         }));
  codec::FrameCursor cursor(*found.frame, in.dictionary);
  while (rank-- > 0) cursor.skip();
  Event& event = page.events.emplace_back();
  event.seq = seq;
  event.collection = in.directory.collections[entries.collection];
  cursor.read(event, page.arena);
  page.pinned.push_back(segment);
  return ok();
}

}  // namespace refold::log
