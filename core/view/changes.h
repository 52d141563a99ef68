#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/view/stored_key.h"

namespace refold::view {

/// A row that a batch has written or removed. The key lies behind it.
struct Entry {
  std::uint8_t* row;
  std::uint32_t row_bytes;
  std::uint32_t room_bytes;
  std::uint32_t table;
  std::uint16_t key_bytes;
  bool removed;

  [[nodiscard]] ByteView key() const noexcept {
    return {reinterpret_cast<const std::uint8_t*>(this + 1), key_bytes};
  }
  [[nodiscard]] ByteView content() const noexcept { return {row, row_bytes}; }
};

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
  [[nodiscard]] const Entry* find(std::uint32_t table, ByteView key) const noexcept {
    const std::uint64_t hash = hash_of(table, key);
    return slots_[slot_of(hash, table, key)].entry;
  }
  void put(std::uint32_t table, ByteView key, ByteView row);
  void remove(std::uint32_t table, ByteView key);
  void clear();

  /// Kept up to date from now on until clear(): for scans.
  [[nodiscard]] const Ordered& ordered(std::uint32_t table);
  /// For the merge.
  [[nodiscard]] std::vector<const Entry*> sorted(std::uint32_t table) const;

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  struct Slot {
    std::uint64_t hash = 0;
    Entry* entry = nullptr;
  };
  struct Table {
    std::vector<Entry*> entries;  ///< as they came
    std::optional<Ordered> ordered;
  };

  [[nodiscard]] std::uint64_t hash_of(std::uint32_t table, ByteView key) const noexcept;
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash, std::uint32_t table,
                                    ByteView key) const noexcept;
  Entry& entry_of(std::uint32_t table, ByteView key, std::size_t row_bytes);
  Entry* add(std::uint32_t table, ByteView key, std::size_t row_bytes);
  void resize(std::size_t slot_count);

  Arena arena_;
  std::vector<Table> tables_;
  std::vector<Slot> slots_;  ///< a power of two, a third of them free
  std::size_t count_ = 0;
  std::size_t ordered_count_ = 0;
  std::uint64_t seed_;
};

/// Sorts by key.
void sort_by_key(std::vector<const Entry*>& entries);

}  // namespace refold::view
