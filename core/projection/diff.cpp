#include <algorithm>

#include "core/projection/comparison.h"
#include "core/view/diff.h"

namespace refold::projection {
namespace {

std::optional<Bytes> copy_of(const std::optional<ByteView>& row) {
  if (!row) return std::nullopt;
  return Bytes(row->begin(), row->end());
}

Diff::Table& table_of(Diff& diff, std::string_view name) {
  if (diff.tables.empty() || diff.tables.back().name != name) {
    diff.tables.push_back({std::string(name), 0, 0, 0});
  }
  return diff.tables.back();
}

}  // namespace

bool Diff::equal() const noexcept { return tables.empty(); }

Result<void> compare(const view::Snapshot& before, const view::Snapshot& after,
                     std::size_t samples_max, Diff& to) {
  to.before_seq = before.checkpoint().seq;
  to.after_seq = after.checkpoint().seq;
  return view::compare(before, after, [&](const view::Difference& one) {
    Diff::Table& table = table_of(to, one.table);
    if (!one.before) {
      ++table.added;
    } else if (!one.after) {
      ++table.removed;
    } else {
      ++table.changed;
    }
    if (to.samples.size() < samples_max) {
      to.samples.push_back({std::string(one.table), Bytes(one.key.begin(), one.key.end()),
                            copy_of(one.before), copy_of(one.after)});
    }
    return true;
  });
}

}  // namespace refold::projection
