#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/view/batch.h"
#include "core/view/snapshot.h"
#include "core/view/view.h"
#include "tests/support/temp_folder.h"

namespace refold::view {

/// What a view should hold: a map per table.
using Model = std::vector<std::map<std::string, std::string>>;
using KeyedRows = std::vector<std::pair<std::string, std::string>>;

inline const std::vector<std::string> two_tables{"likes", "posts"};

inline Checkpoint at_seq(std::uint64_t seq) {
  Checkpoint checkpoint;
  checkpoint.seq = seq;
  checkpoint.event_checksum = seq * 7;
  checkpoint.projection = "test";
  checkpoint.layouts = {"text", "text"};
  return checkpoint;
}

template <class T>
::testing::AssertionResult failed(const Result<T>& result, Errc code, std::string_view words) {
  if (result.has_value()) return ::testing::AssertionFailure() << "it went well";
  const Error& error = result.error();
  if (error.code != code || error.message.find(words) == std::string::npos) {
    return ::testing::AssertionFailure() << name(error.code) << ": " << error.message;
  }
  return ::testing::AssertionSuccess();
}

/// The rows of a table in a range, from a batch or a snapshot.
template <class Source>
KeyedRows rows_of(Source&& source, std::uint32_t table, const Range& range = {}) {
  KeyedRows rows;
  const Row outcome = source.scan(table, range, [&](ByteView key, ByteView row) {
    rows.emplace_back(text_of(key), text_of(row));
    return true;
  });
  EXPECT_EQ(outcome, Row::found) << source.error().message;
  return rows;
}

/// The row, or "(none)", or "(failed)".
template <class Source>
std::string row_of(Source&& source, std::uint32_t table, std::string_view key) {
  ByteView row;
  switch (source.get(table, bytes_of(key), row)) {
    case Row::found: return std::string(text_of(row));
    case Row::none: return "(none)";
    case Row::failed: break;
  }
  return "(failed)";
}

inline void put(Batch& batch, std::uint32_t table, std::string_view key, std::string_view row) {
  ASSERT_EQ(batch.put(table, bytes_of(key), bytes_of(row)), Row::found) << batch.error().message;
}
inline void remove(Batch& batch, std::uint32_t table, std::string_view key) {
  ASSERT_EQ(batch.remove(table, bytes_of(key)), Row::found) << batch.error().message;
}
inline void commit(Batch& batch, std::uint64_t seq) {
  const auto committed = batch.commit(at_seq(seq));
  ASSERT_TRUE(committed.has_value()) << committed.error().message;
}
inline void begin_commit(Batch& batch, std::uint64_t seq) {
  const auto begun = batch.begin_commit(at_seq(seq));
  ASSERT_TRUE(begun.has_value()) << begun.error().message;
}
inline void finish(Batch& batch) {
  const auto finished = batch.finish();
  ASSERT_TRUE(finished.has_value()) << finished.error().message;
  ASSERT_TRUE(batch.finished());
}

/// What the counts and digests of a model are, by their definition.
inline std::vector<TableStat> stats_of(const Model& model, const std::vector<std::string>& names) {
  std::vector<TableStat> stats;
  for (std::size_t table = 0; table < names.size(); ++table) {
    TableStat stat{names[table], 0, {}};
    for (const auto& [key, row] : model[table]) {
      stat.digest.add(digest_of(names[table], bytes_of(key), bytes_of(row)));
      ++stat.rows;
    }
    stats.push_back(std::move(stat));
  }
  return stats;
}

/// Rows, counts, digests and what is recomputed from the pages are those of the model.
inline void expect_holds(const View& view, const Model& model, std::uint64_t seq) {
  const auto snapshot = Snapshot::open(view);
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
  EXPECT_EQ(snapshot->checkpoint(), at_seq(seq));
  const auto stats = stats_of(model, view.tables());
  EXPECT_EQ(snapshot->stat().tables, stats);
  const auto counted = snapshot->recount();
  ASSERT_TRUE(counted.has_value()) << counted.error().message;
  EXPECT_EQ(*counted, stats);
  for (std::uint32_t table = 0; table < model.size(); ++table) {
    EXPECT_EQ(rows_of(*snapshot, table), KeyedRows(model[table].begin(), model[table].end()));
  }
}

struct ViewTest : ::testing::Test {
  testing::TempFolder temp;
  std::filesystem::path folder = temp / "view";
  ViewOptions options{.map_bytes = std::size_t{1} << 30};
  std::unique_ptr<View> view;

  void create(const std::vector<std::string>& tables = two_tables) {
    view = View::create(folder, tables, at_seq(0), options).value();
  }
  void reopen() {
    view.reset();
    view = View::open_writer(folder, options).value();
  }
  [[nodiscard]] Snapshot snapshot() const { return Snapshot::open(*view).value(); }
};

}  // namespace refold::view
