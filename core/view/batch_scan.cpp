#include <iterator>

#include "core/view/batch_state.h"

namespace refold::view {
namespace {

/// Changes in a range, one by one.
class ChangeRange {
 public:
  ChangeRange(const Changes::Ordered& changes, const Range& range)
      : backwards_(range.backwards),
        begin_(range.from.empty() ? changes.begin() : changes.lower_bound(range.from)),
        end_(range.until.empty() ? changes.end() : changes.lower_bound(range.until)) {
    const bool is_empty =
        !range.from.empty() && !range.until.empty() && compare(range.from, range.until) >= 0;
    if (is_empty) end_ = begin_;
  }

  /// Null: there is none left.
  [[nodiscard]] const Entry* peek() const {
    if (begin_ == end_) return nullptr;
    return backwards_ ? *std::prev(end_) : *begin_;
  }
  const Entry* take() { return backwards_ ? *--end_ : *begin_++; }

 private:
  bool backwards_;
  Changes::Ordered::const_iterator begin_;
  Changes::Ordered::const_iterator end_;
};

/// The changes on top of others: where both have a key, those on top count.
class ChangeScan {
 public:
  ChangeScan(const Changes::Ordered& newer, const Changes::Ordered& older, const Range& range)
      : backwards_(range.backwards), newer_(newer, range), older_(older, range) {}

  /// Null: that was the last one.
  [[nodiscard]] const Entry* next() {
    const Entry* const top = newer_.peek();
    const Entry* const below = older_.peek();
    if (top == nullptr || below == nullptr) {
      if (top != nullptr) return newer_.take();
      return below == nullptr ? nullptr : older_.take();
    }
    const int order =
        backwards_ ? compare(below->key(), top->key()) : compare(top->key(), below->key());
    if (order == 0) older_.take();
    return order <= 0 ? newer_.take() : older_.take();
  }

 private:
  bool backwards_;
  ChangeRange newer_;
  ChangeRange older_;
};

/// Visits what the changes make of the rows.
Row merge_scans(ChangeScan changes, RowScan rows, bool backwards, const Visitor& visit) {
  const Entry* change = changes.next();
  Row below = rows.next();
  while (below != Row::failed && (change != nullptr || below == Row::found)) {
    int order = change == nullptr ? 1 : -1;  // below 0: the change comes next
    if (change != nullptr && below == Row::found) {
      order = backwards ? compare(rows.key(), change->key()) : compare(change->key(), rows.key());
    }
    const bool wanted = order > 0 ? visit(rows.key(), rows.row())
                                  : change->removed || visit(change->key(), change->content());
    if (!wanted) return Row::found;
    if (order >= 0) below = rows.next();
    if (order <= 0) change = changes.next();
  }
  return below == Row::failed ? Row::failed : Row::found;
}

}  // namespace

Row Batch::scan(std::uint32_t table, const Range& range, const Visitor& visit) {
  State& state = *state_;
  const std::uint8_t any = 0;
  if (!state.fits(table, {&any, 1})) return Row::failed;
  if (!state.rows && !state.open_rows()) return Row::failed;
  const ChangeScan changes(state.changes.ordered(table), state.ordered_leaving(table), range);
  ++state.scans;
  const Row outcome =
      merge_scans(changes, RowScan(*state.rows, table, range), range.backwards, visit);
  --state.scans;
  if (outcome == Row::failed) state.error = state.rows->error();
  return outcome;
}

}  // namespace refold::view
