#include "tests/bench/log/memory_probe.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "core/index/recorder.h"
#include "tests/bench/log/prepared.h"
#include "tests/bench/log/refold_store.h"
#include "tests/bench/model/random.h"
#include "tests/bench/traffic.h"

namespace refold::bench {
namespace {

constexpr std::size_t probe_batch_events = 10'000;
constexpr std::uint64_t point_reads = 2'000;
constexpr std::chrono::milliseconds sample_every{2};

long rss_anon_kib() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("RssAnon:", 0) == 0) return std::strtol(line.c_str() + 8, nullptr, 10);
  }
  return 0;
}

/// Watches from construction to destruction.
class Sampler {
 public:
  Sampler() : thread_([this] { run(); }) {}
  ~Sampler() {
    ended_ = true;
    thread_.join();
  }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;
  [[nodiscard]] long most_kib() const noexcept { return most_kib_; }

 private:
  void run() {
    while (!ended_) {
      most_kib_ = std::max(most_kib_.load(), rss_anon_kib());
      std::this_thread::sleep_for(sample_every);
    }
  }
  std::atomic<bool> ended_{false};
  std::atomic<long> most_kib_{0};
  std::thread thread_;
};

Result<void> record_all(index::Recorder& recorder, PreparedEvents& events) {
  std::vector<log::Event> batch;
  for (events.next(probe_batch_events, batch); !batch.empty();
       events.next(probe_batch_events, batch)) {
    REFOLD_CHECK(recorder.record(drafts_of(batch)));
  }
  return ok();
}

}  // namespace

Result<void> probe_memory(const MemoryProbeOptions& options) {
  REFOLD_TRY(PreparedEvents events, PreparedEvents::open(options.events));
  const Sampler sampler;
  REFOLD_TRY(const auto recorder, index::Recorder::open(options.folder));
  REFOLD_CHECK(record_all(*recorder, events));
  REFOLD_CHECK(recorder->seal());
  REFOLD_TRY(const FieldsDigest all, scan_log(recorder->log(), "", log::ReadAhead::yes));
  REFOLD_CHECK(scan_log(recorder->log(), Traffic::rare_collection));
  Random random(all.value());
  log::Page page;
  for (std::uint64_t i = 0; i < point_reads; ++i) {
    page.clear();
    REFOLD_CHECK(recorder->log().get(1 + random.below(all.events()), page));
  }
  std::printf("%ld\n", sampler.most_kib());
  return ok();
}

}  // namespace refold::bench
