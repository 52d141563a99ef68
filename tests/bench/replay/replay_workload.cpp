#include <algorithm>
#include <optional>

#include "core/isolation/process_isolation.h"
#include "tests/bench/replay/engine.h"
#include "tests/bench/replay/workloads.h"

namespace refold::bench {
namespace {

/// Builds the rows of a fold from the whole log.
struct Builder {
  std::string_view name;
  Result<Folded> (*build)(ReplayBench& bench, const Fold& fold);
};

Result<Folded> by_engine(ReplayBench& bench, const Fold& fold) {
  return fold_by_engine(bench.log(), bench.library(), std::string(fold.projection));
}
Result<Folded> by_hand(ReplayBench& bench, const Fold& fold) {
  return fold_by_hand(bench.log(), fold, nullptr);
}

using CreateRows = Result<std::unique_ptr<RowStore>> (*)(const std::filesystem::path& folder);
template <CreateRows create>
Result<Folded> by_store(ReplayBench& bench, const Fold& fold) {
  const auto folder = bench.fresh_folder("rows");
  auto folded = [&]() -> Result<Folded> {
    REFOLD_TRY(const auto store, create(folder));
    return fold_by_hand(bench.log(), fold, store.get());
  }();
  std::filesystem::remove_all(folder);
  return folded;
}

constexpr Builder builders[] = {{ours, by_engine},
                                {"rocksdb", by_store<create_rocksdb_rows>},
                                {"sqlite", by_store<create_sqlite_rows>},
                                {"by hand", by_hand}};

/// A row of the report, and its fold.
struct Work {
  std::string_view row;
  Fold fold;
  bool of_the_log;  ///< events that are passed over count
};

Result<void> run(ReplayBench& bench, const Work& work) {
  std::vector<std::pair<std::string_view, double>> seconds;
  std::optional<Outcome> expected;
  std::uint64_t events = 0;
  std::vector<Builder> in_turn(std::begin(builders), std::end(builders));
  if (bench.reversed()) std::reverse(in_turn.begin(), in_turn.end());
  for (const Builder& builder : in_turn) {
    REFOLD_TRY(const Folded folded, builder.build(bench, work.fold));
    seconds.emplace_back(builder.name, folded.seconds);
    events = std::max(events, folded.events);
    if (!expected) expected = folded.outcome;
    if (folded.outcome == *expected) continue;
    return Error{Errc::corrupt, std::string(work.row) + ": " + std::string(builder.name) +
                                    " comes to other rows than " + std::string(in_turn[0].name) +
                                    ": " + std::to_string(folded.outcome.rows) + " and " +
                                    std::to_string(expected->rows)};
  }
  if (work.of_the_log) {
    REFOLD_TRY(events, bench.log().last());
  }
  for (const auto& [name, time] : seconds) {
    bench.measured(work.row, name, static_cast<double>(events) / time);
  }
  return ok();
}

}  // namespace

Result<void> run_replays(ReplayBench& bench) {
  for (const Work& work :
       {Work{"replay_counts", counts_fold(), false}, Work{"replay_likes", likes_fold(), false},
        Work{"replay_newest", newest_fold(), false}, Work{"replay_rare", rare_fold(), true}}) {
    if (!bench.wants({work.row})) continue;
    REFOLD_CHECK(run(bench, work));
  }
  return ok();
}

Result<void> run_loop(ReplayBench& bench) {
  if (!bench.wants({"loop"})) return ok();
  std::optional<Folded> looked;
  std::optional<Folded> folded;
  for (const bool by_hand_now : {bench.reversed(), !bench.reversed()}) {
    if (by_hand_now) {
      REFOLD_TRY(looked, look_by_hand(bench.log()));
    } else {
      REFOLD_TRY(folded, fold_by_engine(bench.log(), bench.library(), "silent"));
    }
  }
  if (folded->outcome != Outcome{}) {
    return Error{Errc::corrupt, "a projection that writes nothing has rows"};
  }
  const auto events = static_cast<double>(looked->events);
  bench.measured("loop", "by hand", events / looked->seconds);
  bench.measured("loop", ours, events / folded->seconds);
  return ok();
}

Result<void> run_process(ReplayBench& bench) {
  if (!bench.wants({"process"})) return ok();
  isolation::ProcessIsolation processes({.runner = REFOLD_RUNNER});
  std::optional<Folded> apart;
  std::optional<Folded> here;
  for (const bool apart_now : {!bench.reversed(), bench.reversed()}) {
    if (apart_now) {
      REFOLD_TRY(apart, fold_by_engine(bench.log(), bench.library(), "counts", &processes));
    } else {
      REFOLD_TRY(here, fold_by_engine(bench.log(), bench.library(), "counts"));
    }
  }
  if (apart->outcome != here->outcome) {
    return Error{Errc::corrupt, "a projection comes to other rows in a process of its own"};
  }
  REFOLD_TRY(const log::Seq last, bench.log().last());
  bench.measured("process", ours, static_cast<double>(last) / apart->seconds);
  bench.measured("process", "thread", static_cast<double>(last) / here->seconds);
  return ok();
}

}  // namespace refold::bench
