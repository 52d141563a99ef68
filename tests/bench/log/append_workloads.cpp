#include <unistd.h>

#include <optional>

#include "tests/bench/log/refold_store.h"
#include "tests/bench/log/workloads.h"

namespace refold::bench {
namespace {

constexpr std::size_t small_batch_events = 1'000;
constexpr std::size_t batch_events = 10'000;

Result<double> appended_per_second(LogBench& bench, Store& store, std::size_t batch) {
  ::sync();  // nobody pays for what another has left to be written
  REFOLD_TRY(const double seconds, append_all(bench, store, batch));
  return static_cast<double>(bench.options().events) / seconds;
}

}  // namespace

Result<void> run_small_batches(LogBench& bench) {
  if (!bench.wants({"append_1000"})) return ok();
  for (const Contender& one : bench.in_turn({refold_log, rocksdb_peer, sqlite_peer})) {
    const auto folder = bench.fresh_folder(one.name);
    {
      REFOLD_TRY(const auto store, one.open(folder, Access::create));
      REFOLD_TRY(const double rate, appended_per_second(bench, *store, small_batch_events));
      bench.measured("append_1000", one, rate);
    }
    std::filesystem::remove_all(folder);
  }
  return ok();
}

Result<void> run_indexed(LogBench& bench) {
  if (!bench.wants({"append_index", "size_previous"})) return ok();
  std::optional<FieldsDigest> expected;
  for (const Contender& one : bench.in_turn({refold_log, rocksdb_peer, sqlite_peer})) {
    const auto folder = bench.fresh_folder(one.name);
    {
      REFOLD_TRY(const auto store, one.open(folder, Access::create_indexed));
      REFOLD_TRY(const double rate, appended_per_second(bench, *store, batch_events));
      bench.measured("append_index", one, rate);
      REFOLD_CHECK(store->settle());
      REFOLD_TRY(const FieldsDigest digest, store->scan(""));
      if (!expected) expected = digest;
      REFOLD_CHECK(check_digest(one.name, digest, *expected));
    }
    if (one.open == refold_log.open) {
      REFOLD_TRY(const LogSize size, size_of_log(folder));
      bench.measured("size_previous", one,
                     static_cast<double>(size.files - size.free) /
                         static_cast<double>(bench.options().events));
    }
    std::filesystem::remove_all(folder);
  }
  return ok();
}

}  // namespace refold::bench
