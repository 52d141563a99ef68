#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/log/witness_log.h"
#include "core/view/digest.h"
#include "tests/bench/replay/row_store.h"

namespace refold::bench {

/// Rows in memory by their keys: all of a fold without a store, else those of a batch, each read
/// from the store at most once and written to it once. One thread.
class FoldedRows {
 public:
  /// `store` may be null.
  explicit FoldedRows(RowStore* store) : store_(store) {}

  /// Raises a counter; one that comes to zero is gone.
  void add(std::string_view key, std::int64_t by);
  void put(std::string_view key, ByteView first, ByteView second);
  void remove(std::string_view key);

  /// Empties it into the store. Errors: those of the store, also of reads since the last commit.
  [[nodiscard]] Result<void> commit(log::Seq seq);
  /// Every row that is there.
  void visit(const RowStore::Visitor& visitor) const;

 private:
  struct Cell {
    std::string row;
    bool there = false;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept { return checksum(bytes_of(key)); }
  };

  /// Null for a row that is not in memory.
  Cell* find(std::string_view key);
  Cell& make(std::string_view key) { return cells_.emplace(key, Cell{}).first->second; }

  RowStore* store_;
  std::unordered_map<std::string, Cell, Hash, std::equal_to<>> cells_;
  std::vector<RowStore::Change> changes_;
  std::optional<Error> failure_;
};

/// What a fold has come to: how many rows, and which.
struct Outcome {
  std::uint64_t rows = 0;
  view::Digest digest;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// A fold as one writes it without an engine. It makes the same rows as the projection of this name
/// (plugin/projections.cpp) by the same means.
struct Fold {
  std::string_view projection;
  std::string_view collection;  ///< that it reads; empty: all
  void (*apply)(const log::Event& event, FoldedRows& rows);
  /// The digest of a row in the form in which the projection has it.
  view::Digest (*digest)(std::string_view key, std::string_view row);
};
[[nodiscard]] Fold counts_fold() noexcept;
[[nodiscard]] Fold likes_fold() noexcept;
[[nodiscard]] Fold newest_fold() noexcept;
[[nodiscard]] Fold rare_fold() noexcept;
/// The name of the table in each of these projections.
inline constexpr std::string_view table_name = "rows";

/// What was folded, how long it took, and what came out.
struct Folded {
  double seconds = 0;
  std::uint64_t events = 0;  ///< that the fold was given; 0: not counted
  Outcome outcome;
};

/// Reads the log from the beginning to its end, as the engine does, and folds it into `store`, with
/// a commit each `batch_events` events; or into memory, if that is null.
[[nodiscard]] Result<Folded> fold_by_hand(const log::WitnessLog& log, const Fold& fold,
                                          RowStore* store);
inline constexpr std::uint64_t batch_events = 100'000;

/// Looks at every record event, and writes nothing.
[[nodiscard]] Result<Folded> look_by_hand(const log::WitnessLog& log);

}  // namespace refold::bench
