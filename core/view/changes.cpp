#include "core/view/changes.h"

#include <algorithm>
#include <memory>
#include <new>
#include <random>
#include <utility>

#include "core/base/digest.h"
#include "core/view/row.h"

namespace refold::view {
namespace {

constexpr std::size_t slots_min = 1024;
/// What a node of the ordered form takes.
constexpr std::size_t ordered_bytes = 48;

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

/// The hash is seeded, so that keys made by somebody hostile do not pile up.
Changes::Changes(std::size_t table_count) : tables_(table_count), seed_(random_seed()) {
  make_slots(slots_min);
}

Block Changes::make_slots(std::size_t count) {
  Block before = std::exchange(slot_memory_, allocate(count * sizeof(Slot)));
  slots_ = {reinterpret_cast<Slot*>(slot_memory_.get()), count};
  std::uninitialized_fill(slots_.begin(), slots_.end(), Slot{0, no_entry});
  return before;
}

std::uint32_t Changes::hash_of(std::uint32_t table, ByteView key) const noexcept {
  return static_cast<std::uint32_t>(checksum(key, seed_ + table));
}

/// The slot of that key, or the free one where it belongs.
Changes::Slot* Changes::slot_of(std::uint32_t hash, std::uint32_t table,
                                ByteView key) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.entry == no_entry) return &slot;
    if (slot.hash != hash) continue;
    const Entry& entry = *memory_.at(slot.entry);
    if (entry.table == table && equal(entry.key(), key)) return &slot;
  }
}

void Changes::put(std::uint32_t table, ByteView key, ByteView row) {
  Entry& entry = entry_of(table, key, row.size());
  if (row.size() > entry.room_bytes) {
    const std::size_t room =
        std::max(row.size(), std::min(std::size_t{2} * entry.room_bytes, row_bytes_max));
    entry.row = memory_.take(room);
    entry.room_bytes = static_cast<std::uint32_t>(room);
  }
  // The row may be a part of what was handed out of this entry.
  if (!row.empty()) std::memmove(entry.row, row.data(), row.size());
  entry.row_bytes = static_cast<std::uint32_t>(row.size());
  entry.removed = false;
}

void Changes::remove(std::uint32_t table, ByteView key) {
  Entry& entry = entry_of(table, key, 0);
  entry.row_bytes = 0;
  entry.removed = true;
}

Entry& Changes::entry_of(std::uint32_t table, ByteView key, std::size_t row_bytes) {
  if (is_last(table, key)) return *last_;
  const std::uint32_t hash = hash_of(table, key);
  Slot* slot = slot_of(hash, table, key);
  if (slot->entry != no_entry) return *memory_.at(slot->entry);
  if ((count_ + 1) * 3 > slots_.size() * 2) {
    grow();
    slot = slot_of(hash, table, key);
  }
  Entry* const entry = add(table, key, row_bytes);
  *slot = {hash, memory_.last_number()};
  ++count_;
  return *entry;
}

Entry* Changes::add(std::uint32_t table, ByteView key, std::size_t row_bytes) {
  const std::size_t bytes = sizeof(Entry) + key.size() + row_bytes;
  std::uint8_t* const at = memory_.take(bytes);
  std::uint8_t* const behind = at + sizeof(Entry) + key.size();
  std::memcpy(at + sizeof(Entry), key.data(), key.size());
  auto* const entry = new (at) Entry{behind,
                                     0,
                                     static_cast<std::uint32_t>(row_bytes),
                                     table,
                                     static_cast<std::uint16_t>(key.size()),
                                     false};
  Table& home = tables_[table];
  home.entries.push_back(entry);
  if (home.ordered) {
    home.ordered->insert(entry);
    ++ordered_count_;
  }
  return entry;
}

void Changes::grow() {
  const std::span<const Slot> old = slots_;
  const Block old_memory = make_slots(old.size() * 2);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.entry == no_entry) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].entry != no_entry) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

void Changes::clear() {
  forget();
  memory_.clear();
}

void Changes::clear_for_more() {
  forget();
  memory_.clear_for_more();
}

void Changes::forget() {
  // Clearing takes no longer than filling did.
  if (slots_.size() > slots_min && slots_.size() / 8 > count_) {
    make_slots(slots_min);
  } else {
    std::fill(slots_.begin(), slots_.end(), Slot{0, no_entry});
  }
  for (Table& table : tables_) {
    table.entries.clear();
    table.ordered.reset();
  }
  last_ = nullptr;
  count_ = 0;
  ordered_count_ = 0;
}

const Changes::Ordered& Changes::ordered(std::uint32_t table) {
  std::optional<Ordered>& kept = tables_[table].ordered;
  if (!kept) {
    const std::vector<const Entry*> entries = sorted(table);
    kept.emplace(entries.begin(), entries.end());
    ordered_count_ += entries.size();
  }
  return *kept;
}

std::vector<const Entry*> Changes::sorted(std::uint32_t table) const {
  const Table& from = tables_[table];
  if (from.ordered) return {from.ordered->begin(), from.ordered->end()};
  std::vector<const Entry*> entries(from.entries.begin(), from.entries.end());
  sort_by_key(entries);
  return entries;
}

std::size_t Changes::bytes() const noexcept {
  if (count_ == 0) return 0;
  return memory_.used_bytes() + slots_.size() * sizeof(Slot) + count_ * sizeof(void*) +
         ordered_count_ * ordered_bytes;
}

}  // namespace refold::view
