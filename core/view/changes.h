#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "core/view/entry.h"
#include "core/view/stored_key.h"

namespace refold::view {

/// The changes of a batch, in memory: found by their keys, and in the order of the keys if somebody
/// asks for that. One thread. Entries stay where they are until clear().
class Changes {
 public:
  struct InOrder {
    using is_transparent = void;
    bool operator()(const Entry* a, const Entry* b) const noexcept {
      return compare(a->key(), b->key()) < 0;
    }
    bool operator()(const Entry* a, ByteView b) const noexcept { return compare(a->key(), b) < 0; }
    bool operator()(ByteView a, const Entry* b) const noexcept { return compare(a, b->key()) < 0; }
  };
  using Ordered = std::set<const Entry*, InOrder>;

  explicit Changes(std::size_t table_count);

  /// Null: the batch does not know that key.
  [[nodiscard]] const Entry* find(std::uint32_t table, ByteView key) noexcept {
    if (is_last(table, key)) return last_;
    const Slot& slot = *slot_of(hash_of(table, key), table, key);
    if (slot.entry == no_entry) return nullptr;
    return last_ = memory_.at(slot.entry);
  }
  void put(std::uint32_t table, ByteView key, ByteView row);
  void remove(std::uint32_t table, ByteView key);
  /// Gives the memory back.
  void clear();
  /// Keeps it, for as many changes again.
  void clear_for_more();

  /// Kept up to date from now on until clear(): for scans.
  [[nodiscard]] const Ordered& ordered(std::uint32_t table);
  /// For the merge.
  [[nodiscard]] std::vector<const Entry*> sorted(std::uint32_t table) const;

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  struct Slot {
    std::uint32_t hash;  ///< a half of it
    EntryMemory::Number entry;
  };
  static constexpr EntryMemory::Number no_entry = ~EntryMemory::Number{0};
  struct Table {
    std::vector<Entry*> entries;  ///< as they came
    std::optional<Ordered> ordered;
  };

  [[nodiscard]] bool is_last(std::uint32_t table, ByteView key) const noexcept {
    return last_ != nullptr && last_->table == table && equal(last_->key(), key);
  }
  [[nodiscard]] std::uint32_t hash_of(std::uint32_t table, ByteView key) const noexcept;
  [[nodiscard]] Slot* slot_of(std::uint32_t hash, std::uint32_t table, ByteView key) const noexcept;
  Entry& entry_of(std::uint32_t table, ByteView key, std::size_t row_bytes);
  Entry* add(std::uint32_t table, ByteView key, std::size_t row_bytes);
  /// Returns the memory of those before.
  Block make_slots(std::size_t count);
  void grow();
  void forget();

  EntryMemory memory_;
  std::vector<Table> tables_;
  Block slot_memory_;
  std::span<Slot> slots_;  ///< a power of two, a third of them free
  Entry* last_ = nullptr;  ///< found last: a row is mostly read, and then written
  std::size_t count_ = 0;
  std::size_t ordered_count_ = 0;
  std::uint64_t seed_;
};

/// Sorts by key.
void sort_by_key(std::vector<const Entry*>& entries);

}  // namespace refold::view
