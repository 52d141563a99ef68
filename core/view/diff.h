#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/view/snapshot.h"

namespace refold::view {

/// A row that two snapshots do not share. Views are valid during the call.
struct Difference {
  std::string_view table;
  ByteView key;
  std::optional<ByteView> before;  ///< none: added
  std::optional<ByteView> after;   ///< none: removed
};

/// Told each difference; returns false to end.
using DifferenceVisitor = std::function<bool(const Difference&)>;

/// Compares the rows of two views, table by table (those of `before` in its order, then those that
/// only `after` has), in the order of their keys. Tables are told apart by name. Compares rows, not
/// digests: it finds what was changed on disk too. Errors: `corrupt`, `io`.
[[nodiscard]] Result<void> compare(const Snapshot& before, const Snapshot& after,
                                   const DifferenceVisitor& visit);

}  // namespace refold::view
