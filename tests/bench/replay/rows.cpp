#include "tests/bench/replay/workloads.h"

namespace refold::bench {
namespace {

constexpr bool less_is_better = false;

}  // namespace

std::vector<Row> replay_rows() {
  return {
      make_row("replay_counts", "replay, living records counted per collection", "events/s",
               {.ours_at_least = 2e6}, "rocksdb"),
      make_row("replay_likes", "replay, likes counted by subject, with previous for deletes",
               "likes/s", {.ours_at_least = 1e6}, "rocksdb"),
      make_row("replay_newest", "replay, the newest version of every record kept", "events/s",
               {.ours_at_least = 300'000.0}, "rocksdb"),
      make_row("replay_rare", "replay of a collection that is 1 in 1,000 events", "log events/s",
               {.ours_at_least = 30e6}, "rocksdb"),
      make_row("rebuild_100k", "an application log of 100,000 events, complete rebuild", "s",
               {.ours_at_most = 0.5}, "", less_is_better),
      make_row("loop", "the loop, for a projection that writes nothing", "events/s",
               {.ratio_at_least = 0.8}, "by hand"),
      make_row("process", "a projection in a process of its own, which counts per collection",
               "events/s", {.ratio_at_least = 1 / 1.1}, "thread"),
      make_row("promote", "promotion of what has caught up, while events come", "ms", {}, "",
               less_is_better),
      make_row("rollback_warm", "roll back to a warm generation, while events come, slowest of ten",
               "ms", {.ours_at_most = 100.0}, "", less_is_better),
  };
}

}  // namespace refold::bench
