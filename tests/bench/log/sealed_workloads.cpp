#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "core/log/limits.h"
#include "tests/bench/log/refold_store.h"
#include "tests/bench/log/workloads.h"
#include "tests/bench/traffic.h"

namespace refold::bench {
namespace {

constexpr std::size_t sealed_batch_events = 10'000;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// What the prepared events digest to, as they went in: all of them, or the rare collection's.
FieldsDigest expected_digest(LogBench& bench, std::string_view collection) {
  FieldsDigest digest;
  std::vector<log::Event> batch;
  bench.events().seek(1);
  for (bench.events().next(sealed_batch_events, batch); !batch.empty();
       bench.events().next(sealed_batch_events, batch)) {
    for (const log::Event& event : batch) {
      if (collection.empty() || event.collection == collection) digest.add(event);
    }
  }
  return digest;
}

Result<void> fill(LogBench& bench, const Stored& stored) {
  const auto events = static_cast<double>(bench.options().events);
  REFOLD_TRY(const auto store, stored.contender.open(stored.folder, Access::create));
  ::sync();
  REFOLD_TRY(const double seconds, append_all(bench, *store, sealed_batch_events));
  if (stored.contender.open != columnar_peer.open) {
    bench.measured("append_10000", stored.contender, events / seconds);
  }
  ::sync();
  Stopwatch watch;
  const double cpu_before = cpu_seconds();
  watch.start();
  REFOLD_CHECK(store->settle());
  watch.stop();
  if (stored.contender.open == refold_log.open) {
    bench.measured("seal", stored.contender,
                   events / std::max(watch.seconds(), cpu_seconds() - cpu_before));
  }
  return ok();
}

Result<void> measure_our_sizes(LogBench& bench, const Stored& stored) {
  const auto events = static_cast<double>(bench.options().events);
  const std::uint64_t sealed = bench.options().events / log::chunk_events * log::chunk_events;
  REFOLD_TRY(const LogSize size, size_of_log(stored.folder));
  const double in_use = static_cast<double>(size.files - size.free) / events;
  bench.measured("size_rocksdb", stored.contender, in_use);
  bench.measured("size_columnar", stored.contender, in_use);
  bench.measured("size_segments", stored.contender,
                 static_cast<double>(size.segments) / static_cast<double>(std::max(sealed, 1UL)));
  bench.measured("size_all_files", stored.contender, static_cast<double>(size.files) / events);
  return ok();
}

Result<void> measure_sizes(LogBench& bench, const Stored& stored) {
  if (stored.contender.open == refold_log.open) return measure_our_sizes(bench, stored);
  const double size =
      static_cast<double>(bytes_below(stored.folder)) / static_cast<double>(bench.options().events);
  bench.measured("size_rocksdb", stored.contender, size);
  bench.measured("size_columnar", stored.contender, size);
  bench.measured("size_all_files", stored.contender, size);
  if (stored.contender.open != columnar_peer.open) return ok();
  bench.measured("size_previous", stored.contender, size);
  bench.measured("size_segments", stored.contender, size);
  return ok();
}

/// Events per second.
Result<double> scan(LogBench& bench, const Stored& stored, Access access,
                    std::string_view collection, const FieldsDigest& expected) {
  REFOLD_TRY(const auto store, stored.contender.open(stored.folder, access));
  Stopwatch watch;
  watch.start();
  REFOLD_TRY(const FieldsDigest digest, store->scan(collection));
  watch.stop();
  REFOLD_CHECK(check_digest(stored.contender.name, digest, expected));
  return static_cast<double>(bench.options().events) / watch.seconds();
}

/// The peers scan on one thread, and are measured once for both rows.
Result<void> scan_all(LogBench& bench, const std::vector<Stored>& stored) {
  if (!bench.wants({"scan", "scan_one_core"})) return ok();
  const FieldsDigest expected = expected_digest(bench, "");
  for (const Stored& one : stored) {
    REFOLD_TRY(const double rate, scan(bench, one, Access::read, "", expected));
    bench.measured("scan_one_core", one.contender, rate);
    if (one.contender.open == refold_log.open) {
      REFOLD_TRY(const double ahead, scan(bench, one, Access::read_ahead, "", expected));
      bench.measured("scan", one.contender, ahead);
    } else {
      bench.measured("scan", one.contender, rate);
    }
  }
  return ok();
}

Result<void> scan_rare(LogBench& bench, const std::vector<Stored>& stored) {
  if (!bench.wants({"scan_rare"})) return ok();
  const FieldsDigest expected = expected_digest(bench, Traffic::rare_collection);
  for (const Stored& one : stored) {
    REFOLD_TRY(const double rate,
               scan(bench, one, Access::read, Traffic::rare_collection, expected));
    bench.measured("scan_rare", one.contender, rate);
  }
  return ok();
}

}  // namespace

Result<void> run_sealed(LogBench& bench) {
  if (!bench.wants({"append_10000", "seal", "size_rocksdb", "size_columnar", "size_previous",
                    "size_segments", "size_all_files", "scan", "scan_one_core", "scan_rare",
                    "point_warm", "point_cold"})) {
    return ok();
  }
  std::vector<Stored> stored;
  for (const Contender& one :
       bench.in_turn({refold_log, rocksdb_peer, rocksdb_4k_peer, sqlite_peer, columnar_peer})) {
    stored.push_back({one, bench.fresh_folder(one.name)});
    REFOLD_CHECK(fill(bench, stored.back()));
    REFOLD_CHECK(measure_sizes(bench, stored.back()));
  }
  REFOLD_CHECK(scan_all(bench, stored));
  REFOLD_CHECK(scan_rare(bench, stored));
  REFOLD_CHECK(read_points(bench, stored));
  for (const Stored& one : stored) std::filesystem::remove_all(one.folder);
  return ok();
}

}  // namespace refold::bench
