#include "core/view/snapshot.h"

#include <utility>

#include "core/view/damage.h"
#include "core/view/meta.h"
#include "core/view/pages.h"
#include "core/view/rows.h"
#include "core/view/view_impl.h"

namespace refold::view {

struct Snapshot::State {
  Rows rows;
  Checkpoint checkpoint;
  ViewStat stat;
  Error error;

  [[nodiscard]] bool has_table(std::uint32_t table) {
    if (table < stat.tables.size()) return true;
    error = {Errc::invalid, "there is no table " + std::to_string(table) + ", only " +
                                std::to_string(stat.tables.size()) + " of them"};
    return false;
  }
};

Snapshot::Snapshot(std::unique_ptr<State> state) : state_(std::move(state)) {}
Snapshot::~Snapshot() = default;
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;

Result<Snapshot> Snapshot::open(const View& view) {
  Environment& environment = *view.impl().environment;
  REFOLD_TRY(ReadTxn txn, environment.read());
  REFOLD_TRY(Checkpoint checkpoint,
             read_checkpoint(txn.get(), environment.meta(), environment.file()));
  REFOLD_TRY(ViewStat stat, measure(txn));
  return Snapshot(std::make_unique<State>(
      State{Rows(std::move(txn)), std::move(checkpoint), std::move(stat), {}}));
}

const Checkpoint& Snapshot::checkpoint() const noexcept { return state_->checkpoint; }
const ViewStat& Snapshot::stat() const noexcept { return state_->stat; }
const Error& Snapshot::error() const noexcept { return state_->error; }
Rows& Snapshot::rows() const noexcept { return state_->rows; }

Row Snapshot::get(std::uint32_t table, ByteView key, ByteView& row) const {
  if (!state_->has_table(table)) return Row::failed;
  if (key.empty() || key.size() > key_bytes_max) return Row::none;
  const Row outcome = state_->rows.get(table, key, row);
  if (outcome == Row::failed) state_->error = state_->rows.error();
  return outcome;
}

Row Snapshot::scan(std::uint32_t table, const Range& range, const Visitor& visit) const {
  if (!state_->has_table(table)) return Row::failed;
  RowScan rows(state_->rows, table, range);
  Row outcome = rows.next();
  while (outcome == Row::found && visit(rows.key(), rows.row())) outcome = rows.next();
  if (outcome != Row::failed) return Row::found;
  state_->error = state_->rows.error();
  return Row::failed;
}

namespace {

/// What a tree holds, by reading every page of it.
Result<TableStat> recount_table(Pages& pages, const Tree& tree, const std::string& name,
                                const std::string& file) {
  TableStat counted{name, 0, {}};
  Bytes before;
  const auto place = [&] {
    return "the table " + name + (before.empty() ? "" : ", behind the key " + key_text(before));
  };
  const auto add = [&](ByteView stored, ByteView value) -> Result<void> {
    KeyAndRow found;
    if (!split(stored, value, found) || found.row.size() > row_bytes_max ||
        !equal(StoredKey(found.key).view(), stored)) {
      return damaged(file, "this is no row of a view: " + key_text(stored));
    }
    counted.digest.add(digest_of(name, found.key, found.row));
    ++counted.rows;
    before.assign(found.key.begin(), found.key.end());
    return ok();
  };
  auto visited = pages.visit(tree, add);
  if (visited.has_error()) return within(place(), std::move(visited).error());
  return counted;
}

}  // namespace

Result<std::vector<TableStat>> Snapshot::recount() const {
  const ReadTxn& txn = state_->rows.txn();
  const std::string& file = txn.environment().file().native();
  REFOLD_TRY(Pages pages, Pages::open(txn.environment().descriptor(), file, mdb_txn_id(txn.get())));
  REFOLD_TRY(const auto databases, pages.databases());
  std::vector<TableStat> counted;
  for (const TableStat& table : state_->stat.tables) {
    const auto database = databases.find(database_of(table.name));
    if (database == databases.end()) return damaged(file, "the table " + table.name + " is gone");
    REFOLD_TRY(TableStat one, recount_table(pages, database->second, table.name, file));
    counted.push_back(std::move(one));
  }
  return counted;
}

}  // namespace refold::view
