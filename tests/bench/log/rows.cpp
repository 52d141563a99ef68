#include "tests/bench/log/workloads.h"

namespace refold::bench {
namespace {

constexpr const char* per_second = "events/s";
constexpr const char* per_event = "B/event";
constexpr bool less_is_better = false;

}  // namespace

std::vector<Row> log_rows() {
  return {
      make_row("append_1000", "append of the bare log, synced every 1,000 events", per_second,
               {.ratio_at_least = 1.0}),
      make_row("append_10000", "append of the bare log, synced every 10,000 events", per_second,
               {.ratio_at_least = 1.5}),
      make_row("append_index", "append with the index, synced every 10,000 events", per_second,
               {.ratio_at_least = 1.5, .ours_at_least = 100'000.0}),
      make_row("size_rocksdb", "the log sealed, without previous", per_event,
               {.ratio_at_most = 0.40}, "rocksdb-4k", less_is_better),
      make_row("size_columnar", "the log sealed, without previous", per_event,
               {.ratio_at_most = 0.70}, "columnar", less_is_better),
      make_row("size_previous", "the log sealed, with previous (the peer without)", per_event,
               {.ratio_at_most = 0.80}, "columnar", less_is_better),
      make_row("size_segments", "segment files alone, without previous", per_event, {}, "columnar",
               less_is_better),
      make_row("size_live", "segment files alone, without previous, witness times of a live log",
               per_event, {}, "columnar", less_is_better),
      make_row("size_all_files", "all files of a log just sealed, the tail's free pages included",
               per_event, {}, "columnar", less_is_better),
      make_row("scan",
               "full scan, sealed, every field of every event, read ahead on a second thread",
               per_second, {.ratio_at_least = 4.0}, "rocksdb-4k"),
      make_row("scan_one_core", "the same on one thread", per_second, {.ours_at_least = 3e6},
               "rocksdb-4k"),
      make_row("scan_rare", "scan for a collection that is 1 in 1,000 events", "log events/s",
               {.ours_at_least = 30e6}),
      make_row("point_warm", "read by seq, sealed, block cache warm", "us", {.ours_at_most = 20.0},
               "", less_is_better),
      make_row("point_cold", "read by seq, sealed, block cache cold", "us", {.ours_at_most = 150.0},
               "", less_is_better),
      make_row("seal", "sealing, on one core", per_second, {.ours_at_least = 200'000.0}),
      make_row("memory", "most RssAnon: append with the index, seal, scan, point reads", "MiB",
               {.ours_at_most = 256.0}, "", less_is_better),
  };
}

}  // namespace refold::bench
