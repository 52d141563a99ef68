#include "core/view/batch.h"

#include <optional>
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
  State& state = *state_;
  state.rows.reset();
  Environment& environment = *state.view.environment;
  REFOLD_TRY(WriteTxn txn, environment.write());
  REFOLD_TRY(std::vector<TableStat> tables,
             read_tables(txn.get(), environment.meta(), environment.file()));
  for (std::uint32_t table = 0; table < tables.size(); ++table) {
    const std::vector<const Entry*> changes = state.changes.sorted(table);
    if (changes.empty()) continue;
    REFOLD_CHECK(merge(txn, environment.table(table), changes, tables[table]));
    crash_point("view.merge");
  }
  crash_point("view.checkpoint");
  if (const int code = write_meta(txn.get(), environment.meta(), tables, checkpoint); code != 0) {
    return txn.fail("write the checkpoint of", code);
  }
  crash_point("view.commit");
  REFOLD_CHECK(txn.commit());
  crash_point("view.committed");
  state.changes.clear();
  return ok();
}

void Batch::discard() {
  state_->rows.reset();
  state_->view.environment->rebase();
  state_->changes.clear();
}

Batch::State::State(View::Impl& of) : view(of), changes(of.environment->tables().size()) {
  REFOLD_ASSERT(view.environment->access() == Environment::Access::write,
                "a batch of a view that was opened to be read");
  REFOLD_ASSERT(!view.has_batch.exchange(true), "two batches of one view");
  view.environment->rebase();
}

Batch::State::~State() { view.has_batch = false; }

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
