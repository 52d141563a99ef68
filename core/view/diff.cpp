#include "core/view/diff.h"

#include <algorithm>
#include <memory>
#include <string>

#include "core/view/rows.h"

namespace refold::view {
namespace {

/// One table of one snapshot; no rows if it has no such table.
class Side {
 public:
  Side(const Snapshot& snapshot, std::string_view table) : snapshot_(snapshot) {
    const auto& tables = snapshot.stat().tables;
    const auto found = std::find_if(tables.begin(), tables.end(),
                                    [&](const TableStat& one) { return one.name == table; });
    if (found == tables.end()) return;
    const auto index = static_cast<std::uint32_t>(found - tables.begin());
    scan_ = std::make_unique<RowScan>(snapshot.rows(), index, Range{});
  }

  [[nodiscard]] Result<void> next() {
    const Row outcome = scan_ ? scan_->next() : Row::none;
    if (outcome == Row::failed) return snapshot_.rows().error();
    has_row_ = outcome == Row::found;
    return ok();
  }
  [[nodiscard]] bool has_row() const noexcept { return has_row_; }
  [[nodiscard]] ByteView key() const noexcept { return scan_->key(); }
  [[nodiscard]] ByteView row() const noexcept { return scan_->row(); }

 private:
  const Snapshot& snapshot_;
  std::unique_ptr<RowScan> scan_;
  bool has_row_ = false;
};

/// False: the visitor had enough.
Result<bool> compare_table(const Snapshot& before, const Snapshot& after, std::string_view table,
                           const DifferenceVisitor& visit) {
  Side old_side(before, table);
  Side new_side(after, table);
  REFOLD_CHECK(old_side.next());
  REFOLD_CHECK(new_side.next());
  while (old_side.has_row() || new_side.has_row()) {
    int order = old_side.has_row() ? -1 : 1;  // below 0: only the old one has it
    if (old_side.has_row() && new_side.has_row()) order = compare(old_side.key(), new_side.key());
    Difference found{table, order <= 0 ? old_side.key() : new_side.key(), {}, {}};
    if (order <= 0) found.before = old_side.row();
    if (order >= 0) found.after = new_side.row();
    const bool same = order == 0 && equal(*found.before, *found.after);
    if (!same && !visit(found)) return false;
    if (order <= 0) REFOLD_CHECK(old_side.next());
    if (order >= 0) REFOLD_CHECK(new_side.next());
  }
  return true;
}

std::vector<std::string> names_of_both(const Snapshot& before, const Snapshot& after) {
  std::vector<std::string> names;
  for (const Snapshot* snapshot : {&before, &after}) {
    for (const TableStat& table : snapshot->stat().tables) {
      if (std::find(names.begin(), names.end(), table.name) == names.end()) {
        names.push_back(table.name);
      }
    }
  }
  return names;
}

}  // namespace

Result<void> compare(const Snapshot& before, const Snapshot& after,
                     const DifferenceVisitor& visit) {
  for (const std::string& table : names_of_both(before, after)) {
    REFOLD_TRY(const bool more, compare_table(before, after, table, visit));
    if (!more) return ok();
  }
  return ok();
}

}  // namespace refold::view
