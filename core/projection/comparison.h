#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/projection/generation.h"
#include "core/view/snapshot.h"

namespace refold::projection {

/// A row that two views do not share.
struct RowDifference {
  std::string table;
  Bytes key;
  std::optional<Bytes> before;  ///< none: it is not there
  std::optional<Bytes> after;
};

/// What distinguishes one generation from another.
struct Diff {
  struct Table {
    std::string name;
    std::uint64_t added = 0;
    std::uint64_t removed = 0;
    std::uint64_t changed = 0;
  };
  std::uint64_t before = 0;  ///< generations
  std::uint64_t after = 0;
  log::Seq before_seq = 0;  ///< the same, unless one of them cannot get to the other's
  log::Seq after_seq = 0;
  std::vector<Table> tables;
  std::vector<RowDifference> samples;  ///< the first ones
  [[nodiscard]] bool equal() const noexcept;
};

/// Counts and collects what differs. Errors: those of the views.
[[nodiscard]] Result<void> compare(const view::Snapshot& before, const view::Snapshot& after,
                                   std::size_t samples_max, Diff& to);

/// What a rebuild says about a view.
struct VerifyReport {
  log::Seq seq = 0;  ///< both were compared here
  std::uint64_t rows = 0;
  bool equal = false;
  std::optional<RowDifference> difference;  ///< the first; before: the view, after: the rebuild
  /// A second rebuild gave the same row as the first: the code is deterministic there, and the view
  /// is wrong. Else the code is not deterministic.
  bool repeatable = true;
  /// The event from which on the row differs, as far as a rebuild can tell; 0: no event writes it.
  log::Seq event = 0;
  std::string uri;   ///< of its record
  std::string said;  ///< all that in words
};

/// What is verified: a generation with its code, while its own loop goes on.
struct VerifySubject {
  std::string projection;
  GenerationRecord record;
  CodePointer code;
  std::vector<std::string> values;
  std::shared_ptr<view::View> view;
};

/// Gives one moment of the subject's view, and its rows recounted at that moment.
using SubjectSnapshot =
    std::function<Result<view::Snapshot>(Result<std::vector<view::TableStat>>& recounted)>;

/// Rebuilds the subject from the log into a view of its own, which is deleted afterwards, and
/// compares both at one seq. If they differ, rebuilds again, and watches the row that does.
/// `rebuilt` (may be null) is told how far that has come. Errors: `closed` if `stop` (may be null)
/// became true; why the rebuild did not come to its end.
[[nodiscard]] Result<VerifyReport> verify(Environment& environment, const VerifySubject& subject,
                                          const SubjectSnapshot& snapshot,
                                          const std::atomic<bool>* stop,
                                          std::atomic<log::Seq>* rebuilt);

}  // namespace refold::projection
