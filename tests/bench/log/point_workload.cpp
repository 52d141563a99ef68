#include <optional>

#include "tests/bench/log/workloads.h"
#include "tests/bench/model/random.h"

namespace refold::bench {
namespace {

/// As few as the cache of every contender holds, frames and all.
constexpr std::size_t warm_reads = 200;
constexpr std::size_t cold_reads = 500;

std::vector<log::Seq> random_seqs(std::size_t count, std::uint64_t events, std::uint64_t seed) {
  Random random(seed);
  std::vector<log::Seq> seqs;
  // The last chunk may not be sealed: it is left out.
  const std::uint64_t sealed = events > 8'192 ? events - 4'096 : events;
  for (std::size_t i = 0; i < count; ++i) seqs.push_back(1 + random.below(sealed));
  return seqs;
}

/// Reads them one by one; the median of the times, in microseconds.
Result<double> median_us(Store& store, const std::vector<log::Seq>& seqs, FieldsDigest& digest) {
  Samples samples;
  for (const log::Seq seq : seqs) {
    Stopwatch watch;
    watch.start();
    REFOLD_CHECK(store.get(seq, digest));
    watch.stop();
    samples.add(watch.seconds() * 1e6);
  }
  return samples.median();
}

}  // namespace

Result<void> read_points(LogBench& bench, const std::vector<Stored>& stored) {
  struct Kind {
    std::string_view row;
    Access access;
    std::size_t reads;
  };
  for (const Kind& kind : {Kind{"point_warm", Access::read, warm_reads},
                           Kind{"point_cold", Access::read_uncached, cold_reads}}) {
    if (!bench.wants({kind.row})) continue;
    const auto seqs = random_seqs(kind.reads, bench.options().events, bench.run() + 1);
    std::optional<FieldsDigest> expected;
    for (const Stored& one : stored) {
      if (one.contender.open == columnar_peer.open) continue;
      REFOLD_TRY(const auto store, one.contender.open(one.folder, kind.access));
      FieldsDigest warmed;  // also opens what is opened once: files, directories, dictionaries
      REFOLD_CHECK(median_us(*store, seqs, warmed));
      FieldsDigest digest;
      REFOLD_TRY(const double median, median_us(*store, seqs, digest));
      bench.measured(kind.row, one.contender, median);
      if (!expected) expected = digest;
      REFOLD_CHECK(check_digest(one.contender.name, digest, *expected));
    }
  }
  return ok();
}

}  // namespace refold::bench
