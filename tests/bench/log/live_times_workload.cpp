#include <algorithm>

#include "core/log/limits.h"
#include "core/log/segment/segment.h"
#include "tests/bench/log/columnar_block.h"
#include "tests/bench/log/workloads.h"

namespace refold::bench {
namespace {

/// The prepared events, for the writer of segments.
log::EventRange range_of(PreparedEvents& events) {
  return [&events](log::Seq first, log::Seq last, const log::EventVisitor& visit) -> Result<void> {
    std::vector<log::Event> one;
    events.seek(first);
    for (log::Seq seq = first; seq <= last; ++seq) {
      events.next(1, one);
      REFOLD_CHECK(visit(one.front()));
    }
    return ok();
  };
}

}  // namespace

Result<void> run_live_times(LogBench& bench) {
  if (!bench.wants({"size_live"})) return ok();
  const std::uint64_t events = bench.options().events / log::chunk_events * log::chunk_events;
  const auto folder = bench.fresh_folder("live");
  std::filesystem::create_directories(folder);
  for (log::Seq first = 1; first < events; first += log::segment_events_max) {
    log::SegmentPlan plan;
    plan.first = first;
    plan.last = std::min(events, first + log::segment_events_max - 1);
    REFOLD_CHECK(log::write_segment(folder, plan, range_of(bench.events())));
  }
  bench.measured("size_live", refold_log,
                 static_cast<double>(bytes_below(folder)) / static_cast<double>(events));
  std::filesystem::remove_all(folder);

  ColumnarWriter writer;
  std::vector<log::Event> block;
  std::uint64_t bytes = 0;
  bench.events().seek(1);
  for (log::Seq first = 1; first < events; first += columnar_block_events) {
    bench.events().next(columnar_block_events, block);
    REFOLD_TRY(const ByteView frame, writer.encode(block));
    bytes += frame.size();
  }
  bench.measured("size_live", columnar_peer,
                 static_cast<double>(bytes) / static_cast<double>(events));
  return ok();
}

}  // namespace refold::bench
