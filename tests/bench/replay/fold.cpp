#include "tests/bench/replay/fold.h"

#include <algorithm>
#include <utility>

#include "core/log/reader.h"
#include "tests/bench/replay/plugin/records.h"
#include "tests/bench/runs.h"

namespace refold::bench {
namespace {

/// What the engine asks the log for, for a projection of records.
Result<log::Matcher> matcher_of(std::string_view collection) {
  log::Filter filter;
  filter.kinds = {log::Kind::create, log::Kind::update, log::Kind::remove};
  if (!collection.empty()) filter.collections.emplace_back(collection);
  return log::Matcher::make(std::move(filter));
}

Outcome outcome_of(const Fold& fold, const FoldedRows& rows) {
  Outcome outcome;
  rows.visit([&](std::string_view key, std::string_view row) {
    ++outcome.rows;
    outcome.digest.add(fold.digest(key, row));
  });
  return outcome;
}

Result<Outcome> outcome_of(const Fold& fold, RowStore& store) {
  Outcome outcome;
  REFOLD_CHECK(store.visit([&](std::string_view key, std::string_view row) {
    ++outcome.rows;
    outcome.digest.add(fold.digest(key, row));
  }));
  return outcome;
}

/// Calls `apply` for each event, and `paged(next)` after each page.
template <class Apply, class Paged>
Result<void> read_all(const log::WitnessLog& log, std::string_view collection, const Apply& apply,
                      const Paged& paged) {
  REFOLD_TRY(auto matcher, matcher_of(collection));
  log::Reader reader(log, 1, std::move(matcher), log::ReadAhead::yes);
  log::Page page;
  for (;;) {
    REFOLD_TRY(const bool more, reader.next(page));
    if (!more) return ok();
    for (const log::Event& event : page.events) apply(event);
    REFOLD_CHECK(paged(page));
  }
}

}  // namespace

FoldedRows::Cell* FoldedRows::find(std::string_view key) {
  const auto found = cells_.find(key);
  return found == cells_.end() ? nullptr : &found->second;
}

void FoldedRows::add(std::string_view key, std::int64_t by) {
  Cell* cell = find(key);
  if (cell == nullptr) {
    cell = &make(key);
    if (store_ != nullptr) {
      auto read = store_->read(key, cell->row);
      if (read.has_error() && !failure_) failure_ = std::move(read).error();
      cell->there = read.has_value() && *read;
    }
  }
  std::int64_t count = cell->there ? load_le<std::int64_t>(bytes_of(cell->row).data()) : 0;
  count += by;
  std::uint8_t row[sizeof count];
  store_le(row, count);
  cell->row.assign(text_of(row));
  cell->there = count != 0;
}

void FoldedRows::put(std::string_view key, ByteView first, ByteView second) {
  Cell* const known = find(key);
  Cell& cell = known != nullptr ? *known : make(key);
  cell.row.assign(text_of(first)).append(text_of(second));
  cell.there = true;
}

void FoldedRows::remove(std::string_view key) {
  Cell* const known = find(key);
  Cell& cell = known != nullptr ? *known : make(key);
  cell.there = false;
}

Result<void> FoldedRows::commit(log::Seq seq) {
  if (failure_) return *failure_;
  changes_.clear();
  for (const auto& [key, cell] : cells_) {
    changes_.push_back({key, cell.there ? &cell.row : nullptr});
  }
  std::sort(changes_.begin(), changes_.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  REFOLD_CHECK(store_->commit(changes_, seq));
  cells_.clear();
  return ok();
}

void FoldedRows::visit(const RowStore::Visitor& visitor) const {
  for (const auto& [key, cell] : cells_) {
    if (cell.there) visitor(key, cell.row);
  }
}

Result<Folded> fold_by_hand(const log::WitnessLog& log, const Fold& fold, RowStore* store) {
  Folded folded;
  FoldedRows rows(store);
  log::Seq last = 0;
  std::uint64_t waiting = 0;
  Stopwatch watch;
  watch.start();
  REFOLD_CHECK(read_all(
      log, fold.collection, [&](const log::Event& event) { fold.apply(event, rows); },
      [&](const log::Page& page) -> Result<void> {
        last = page.next - 1;
        folded.events += page.events.size();
        waiting += page.events.size();
        if (store == nullptr || waiting < batch_events) return ok();
        waiting = 0;
        return rows.commit(last);
      }));
  if (store != nullptr) REFOLD_CHECK(rows.commit(last));
  watch.stop();
  folded.seconds = watch.seconds();
  if (store == nullptr) {
    folded.outcome = outcome_of(fold, rows);
    return folded;
  }
  REFOLD_TRY(folded.outcome, outcome_of(fold, *store));
  REFOLD_TRY(const log::Seq position, store->position());
  if (position == last) return folded;
  return Error{Errc::corrupt, "the position is " + std::to_string(position) + " instead of " +
                                  std::to_string(last)};
}

Result<Folded> look_by_hand(const log::WitnessLog& log) {
  Folded folded;
  Seen seen;
  Stopwatch watch;
  watch.start();
  REFOLD_CHECK(read_all(
      log, "",
      [&](const log::Event& event) {
        seen.look(event.collection, event.record, event.previous_record);
      },
      [](const log::Page&) { return ok(); }));
  watch.stop();
  folded.seconds = watch.seconds();
  folded.events = seen.events;
  // What is looked at must not be left out of the program.
  if (seen.bytes > 0) return folded;
  return Error{Errc::corrupt, "the log has no records"};
}

}  // namespace refold::bench
