#include "core/view/batch.h"

#include <optional>
#include <system_error>
#include <utility>

#include "core/base/assert.h"
#include "core/base/crash_point.h"
#include "core/view/batch_state.h"
#include "core/view/merge.h"
#include "core/view/meta.h"
#include "core/view/view_impl.h"

namespace refold::view {

Batch::Batch(View& view) : state_(std::make_unique<State>(view.impl())) {}
Batch::~Batch() = default;

Row Batch::get(std::uint32_t table, ByteView key, ByteView& row) {
  State& state = *state_;
  if (!state.fits(table, key)) return Row::failed;
  if (const Entry* const entry = state.changes.find(table, key)) {
    if (entry->removed) return Row::none;
    row = entry->content();
    return Row::found;
  }
  if (state.leaving_to) {
    if (const Entry* const entry = state.leaving.find(table, key)) {
      if (entry->removed) return Row::none;
      row = entry->content();
      return Row::found;
    }
  }
  if (!state.rows && !state.open_rows()) return Row::failed;
  const Row outcome = state.rows->get(table, key, row);
  if (outcome == Row::failed) state.error = state.rows->error();
  return outcome;
}

Row Batch::put(std::uint32_t table, ByteView key, ByteView row) {
  State& state = *state_;
  if (!state.fits(table, key) || !state.writes()) return Row::failed;
  if (row.size() > row_bytes_max) return state.too_large("row", row.size(), row_bytes_max);
  state.changes.put(table, key, row);
  return Row::found;
}

Row Batch::remove(std::uint32_t table, ByteView key) {
  State& state = *state_;
  if (!state.fits(table, key) || !state.writes()) return Row::failed;
  state.changes.remove(table, key);
  return Row::found;
}

const Error& Batch::error() const noexcept { return state_->error; }
std::size_t Batch::bytes() const noexcept { return state_->changes.bytes(); }

Result<void> Batch::commit(const Checkpoint& checkpoint) {
  REFOLD_CHECK(finish());
  State& state = *state_;
  state.rows.reset();
  REFOLD_CHECK(state.write(state.changes, checkpoint));
  state.changes.clear();
  state.leaving.clear();
  return ok();
}

Result<void> Batch::begin_commit(Checkpoint checkpoint) {
  REFOLD_CHECK(finish());
  State& state = *state_;
  std::swap(state.changes, state.leaving);
  state.leaving_to = std::move(checkpoint);
  state.written = false;
  try {
    state.writer = std::thread([&state] {
      state.outcome = state.write(state.leaving, *state.leaving_to);
      state.written = state.outcome.has_value();
    });
  } catch (const std::system_error&) {
    // No thread to be had: finish() does it.
    state.outcome = Error{Errc::busy, "not begun"};
  }
  return ok();
}

Result<void> Batch::finish() {
  State& state = *state_;
  if (!state.leaving_to) return ok();
  const bool ran = state.writer.joinable();
  state.join();
  state.rows.reset();
  if (!ran) state.outcome = state.write(state.leaving, *state.leaving_to);
  if (state.outcome.has_error()) return state.outcome;
  state.forget_leaving();
  return ok();
}

bool Batch::finished() const noexcept { return !state_->leaving_to || state_->written; }

void Batch::discard() {
  state_->join();
  state_->forget_leaving();
  state_->leaving.clear();
  state_->rows.reset();
  state_->view.environment->rebase();
  state_->changes.clear();
}

Result<void> Batch::State::write(const Changes& what, const Checkpoint& checkpoint) const {
  Environment& environment = *view.environment;
  REFOLD_TRY(WriteTxn txn, environment.write());
  REFOLD_TRY(std::vector<TableStat> tables,
             read_tables(txn.get(), environment.meta(), environment.file()));
  for (std::uint32_t table = 0; table < tables.size(); ++table) {
    const std::vector<const Entry*> sorted = what.sorted(table);
    if (sorted.empty()) continue;
    REFOLD_CHECK(merge(txn, environment.table(table), sorted, tables[table]));
    crash_point("view.merge");
  }
  crash_point("view.checkpoint");
  if (const int code = write_meta(txn.get(), environment.meta(), tables, checkpoint); code != 0) {
    return txn.fail("write the checkpoint of", code);
  }
  crash_point("view.commit");
  REFOLD_CHECK(txn.commit());
  crash_point("view.committed");
  return ok();
}

void Batch::State::join() {
  if (writer.joinable()) writer.join();
}

void Batch::State::forget_leaving() {
  leaving_to.reset();
  leaving_ordered.clear();
  leaving.clear_for_more();
}

const Changes::Ordered& Batch::State::ordered_leaving(std::uint32_t table) {
  static const Changes::Ordered none;
  if (!leaving_to) return none;
  const auto [found, is_new] = leaving_ordered.try_emplace(table);
  if (is_new) {
    const std::vector<const Entry*> entries = leaving.sorted(table);
    found->second = {entries.begin(), entries.end()};
  }
  return found->second;
}

Batch::State::State(View::Impl& of)
    : view(of), changes(of.environment->tables().size()), leaving(of.environment->tables().size()) {
  REFOLD_ASSERT(view.environment->access() == Environment::Access::write,
                "a batch of a view that was opened to be read");
  REFOLD_ASSERT(!view.has_batch.exchange(true), "two batches of one view");
  view.environment->rebase();
}

Batch::State::~State() {
  join();
  view.has_batch = false;
}

bool Batch::State::fits(std::uint32_t table, ByteView key) {
  const std::size_t count = view.environment->tables().size();
  if (table < count && !key.empty() && key.size() <= key_bytes_max) return true;
  if (table >= count) {
    error = {Errc::invalid, "there is no table " + std::to_string(table) + ", only " +
                                std::to_string(count) + " of them"};
  } else if (key.empty()) {
    error = {Errc::invalid, "a key of the table " + view.environment->tables()[table] +
                                " is empty; keys have at least one byte"};
  } else {
    (void)too_large("key", key.size(), key_bytes_max);
  }
  return false;
}

bool Batch::State::writes() {
  if (scans == 0) return true;
  error = {Errc::invalid, "a row was written during a scan; scan first, write then"};
  return false;
}

Row Batch::State::too_large(std::string_view what, std::size_t bytes, std::size_t bytes_max) {
  error = {Errc::too_large, "a " + std::string(what) + " has " + std::to_string(bytes) +
                                " bytes, at most " + std::to_string(bytes_max) + " fit"};
  return Row::failed;
}

bool Batch::State::open_rows() {
  auto txn = view.environment->read();
  if (txn.has_error()) {
    error = std::move(txn).error();
    return false;
  }
  rows.emplace(std::move(*txn));
  return true;
}

}  // namespace refold::view
