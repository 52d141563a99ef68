#include <algorithm>
#include <utility>

#include "core/projection/event_uri.h"
#include "core/projection/rebuild.h"
#include "core/view/damage.h"
#include "core/view/diff.h"

namespace refold::projection {
namespace {

/// The rebuild comes so near to the view before both are compared: the snapshot that it then has to
/// catch up with keeps pages of the view.
constexpr log::Seq near_events = 20'000;
constexpr unsigned rounds_max = 20;

using Recounted = Result<std::vector<view::TableStat>>;

bool is(const std::optional<ByteView>& row, const std::optional<Bytes>& other) {
  return row.has_value() == other.has_value() && (!row || equal(*row, *other));
}

/// Which event a row comes from, as a second rebuild shows.
struct History {
  std::optional<Bytes> wrong;  ///< the row in the view
  std::optional<Bytes> last;   ///< the row in this rebuild
  log::Seq last_seq = 0;
  log::Seq departed_seq = 0;  ///< where this rebuild last went on from what the view has
  bool as_in_view = false;

  explicit History(std::optional<Bytes> row_in_view)
      : wrong(std::move(row_in_view)), as_in_view(!wrong) {}

  void add(log::Seq seq, const std::optional<ByteView>& row) {
    const bool was = std::exchange(as_in_view, is(row, wrong));
    if (was && !as_in_view) departed_seq = seq;
    last_seq = seq;
    last.reset();
    if (row) last.emplace(row->begin(), row->end());
  }
  [[nodiscard]] log::Seq event() const {
    return departed_seq != 0 && !as_in_view ? departed_seq : last_seq;
  }
};

class Verification {
 public:
  Verification(Environment& environment, const VerifySubject& subject,
               const SubjectSnapshot& snapshot, const std::atomic<bool>* stop,
               std::atomic<log::Seq>* rebuilt)
      : environment_(environment),
        subject_(subject),
        snapshot_(snapshot),
        stop_(stop),
        rebuilt_(rebuilt) {}

  Result<VerifyReport> run() {
    REFOLD_TRY(auto rebuild, Rebuild::start(environment_, subject_, nullptr));
    REFOLD_CHECK(approach(*rebuild));
    Recounted recounted = std::vector<view::TableStat>();
    REFOLD_TRY(const view::Snapshot view, snapshot_(recounted));
    report_.seq = view.checkpoint().seq;
    REFOLD_CHECK(rebuild->run_to(report_.seq, stop_, rebuilt_));
    if (recounted.has_error()) {
      if (recounted.error().code != Errc::corrupt) return recounted.error();
      report_.said = recounted.error().message;
      return report_;
    }
    REFOLD_CHECK(compare_rows(view, *recounted, rebuild->view()));
    if (!report_.difference) return report_;
    rebuild.reset();
    REFOLD_CHECK(find_event());
    explain(view.checkpoint());
    return report_;
  }

 private:
  /// Rebuilds until the view is near.
  Result<void> approach(Rebuild& rebuild) {
    log::Seq reached = 0;
    for (unsigned round = 0; round < rounds_max; ++round) {
      REFOLD_TRY(const view::Checkpoint checkpoint, subject_.view->checkpoint());
      if (checkpoint.seq - reached <= near_events) return ok();
      REFOLD_CHECK(rebuild.run_to(checkpoint.seq, stop_, rebuilt_));
      reached = checkpoint.seq;
    }
    return ok();
  }

  Result<void> compare_rows(const view::Snapshot& view,
                            const std::vector<view::TableStat>& recounted,
                            const view::View& rebuild) {
    REFOLD_TRY(const view::Snapshot rebuilt, view::Snapshot::open(rebuild));
    for (const view::TableStat& table : rebuilt.stat().tables) report_.rows += table.rows;
    REFOLD_CHECK(view::compare(view, rebuilt, [this](const view::Difference& one) {
      note(one);
      return false;
    }));
    if (!report_.difference) {
      compare_counts(view.stat().tables, recounted, rebuilt.stat().tables);
    }
    return ok();
  }

  void note(const view::Difference& one) {
    RowDifference& row = report_.difference.emplace();
    row.table = one.table;
    row.key.assign(one.key.begin(), one.key.end());
    if (one.before) row.before.emplace(one.before->begin(), one.before->end());
    if (one.after) row.after.emplace(one.after->begin(), one.after->end());
  }

  /// All rows are the same; so are the numbers that are kept of them?
  void compare_counts(const std::vector<view::TableStat>& kept,
                      const std::vector<view::TableStat>& counted,
                      const std::vector<view::TableStat>& rebuilt) {
    report_.equal = kept == counted && kept == rebuilt;
    const auto differs = std::mismatch(kept.begin(), kept.end(), counted.begin(), counted.end());
    report_.said =
        report_.equal
            ? "equal to a rebuild at seq " + std::to_string(report_.seq) + ": " +
                  std::to_string(report_.rows) + " rows"
            : "every row is as in a rebuild, but the counts and digests that the view keeps of " +
                  (differs.first == kept.end() ? std::string("its tables")
                                               : "table '" + differs.first->name + "'") +
                  " are wrong";
  }

  Result<void> find_event() {
    const RowDifference& row = *report_.difference;
    const std::vector<std::string> tables = view_tables(subject_.code->info);
    const auto table = std::find(tables.begin(), tables.end(), row.table);
    if (table == tables.end()) return ok();
    History history(row.before);
    auto watch = std::make_shared<Watch>();
    watch->table = static_cast<std::uint32_t>(table - tables.begin());
    watch->key = row.key;
    watch->written = [&history](log::Seq seq, const std::optional<ByteView>& written) {
      history.add(seq, written);
    };
    REFOLD_TRY(auto rebuild, Rebuild::start(environment_, subject_, std::move(watch)));
    REFOLD_CHECK(rebuild->run_to(report_.seq, stop_, rebuilt_));
    report_.repeatable = history.last == row.after;
    report_.event = history.event();
    if (report_.event == 0) return ok();
    log::Page page;
    REFOLD_CHECK(environment_.log.get(report_.event, page));
    report_.uri = uri_of(page.events.front());
    return ok();
  }

  void explain(const view::Checkpoint& checkpoint) {
    const RowDifference& row = *report_.difference;
    std::string& said = report_.said;
    said = "table '" + row.table + "', key " + view::key_text(row.key) + ": ";
    said += !row.before  ? "the view lacks this row"
            : !row.after ? "the view has a row that a rebuild does not have"
                         : "the view has another row than a rebuild";
    if (report_.event == 0) {
      said += "; no event writes it";
    } else {
      said += "; from event " + std::to_string(report_.event) + " on (" + report_.uri + ")";
    }
    if (!report_.repeatable) {
      said += "; two rebuilds differ there too: '" + subject_.code->info.name +
              "' is not deterministic";
    }
    const auto stat = environment_.log.stat();
    if (stat.has_value() && stat->redaction_epoch > checkpoint.redaction_epoch) {
      said += "; the log has erased payloads since it was built: a replay leaves them out";
    }
  }

  Environment& environment_;
  const VerifySubject& subject_;
  const SubjectSnapshot& snapshot_;
  const std::atomic<bool>* stop_;
  std::atomic<log::Seq>* rebuilt_;
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> verify(Environment& environment, const VerifySubject& subject,
                            const SubjectSnapshot& snapshot, const std::atomic<bool>* stop,
                            std::atomic<log::Seq>* rebuilt) {
  return Verification(environment, subject, snapshot, stop, rebuilt).run();
}

}  // namespace refold::projection
