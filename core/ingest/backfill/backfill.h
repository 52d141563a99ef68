#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/index/recorder.h"
#include "core/ingest/backfill/asker.h"
#include "core/ingest/backfill/host_finder.h"
#include "core/ingest/backfill/listing.h"
#include "core/ingest/backfill/progress.h"
#include "core/ingest/drops.h"
#include "core/ingest/repo.h"
#include "core/log/filter.h"
#include "core/net/runtime.h"

namespace refold::ingest {

struct BackfillOptions {
  std::filesystem::path folder{};  ///< for the progress, and for what is being downloaded
  std::string host{};              ///< a URL; empty: that of each DID's document
  std::string plc = "https://plc.directory";
  std::vector<std::string> dids{};         ///< empty: all repos that `host` lists
  std::vector<std::string> collections{};  ///< NSIDs or `ns.*`, to take; empty: all
  bool again = false;                      ///< starts over
  std::size_t parallel = 4;                ///< repos at a time
  std::uint64_t repo_bytes_max = std::uint64_t{512} << 20;
  std::string source = "backfill";
  AskerOptions asker{};
};
inline constexpr std::size_t backfill_parallel_max = 64;

/// What a backfill has done. Repos and faults count from its beginning, over all processes; the
/// rest is of this one.
struct BackfillStatus {
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t listed = 0;  ///< known so far, `done` and `failed` included
  bool all_listed = false;
  std::uint64_t before = 0;  ///< of `done` and `failed`: by processes before this one
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;   ///< in the repos
  std::uint64_t unusable = 0;  ///< entries of lists that named no DID
  index::Outcome outcome{};
  Drops drops{};
  std::array<std::uint64_t, fault_count> faults{};
};

/// Fetches whole repos and compares each with the log, several at a time. A repo that cannot be
/// taken does not end it; what ends it is a listing that breaks, and a log that takes nothing.
///
/// All methods may be called by any thread. The recorder outlives it.
class Backfill {
 public:
  /// Starts, or goes on where one with the same DIDs, host and collections was. Errors: `invalid`
  /// names the option; `busy` if it runs already; `io`, `no_space`.
  [[nodiscard]] static Result<std::unique_ptr<Backfill>> start(index::Recorder& recorder,
                                                               BackfillOptions options);
  /// Stops.
  ~Backfill();
  Backfill(const Backfill&) = delete;
  Backfill& operator=(const Backfill&) = delete;

  /// Asks it to end; repos under way are given up, and are fetched by the next one.
  void stop();
  /// Waits at most so long. True once it has ended.
  [[nodiscard]] bool wait(std::chrono::milliseconds at_most);
  [[nodiscard]] BackfillStatus status() const;
  /// Once it has ended: why it did not come to its end; none if it did.
  [[nodiscard]] std::optional<Error> trouble() const;
  /// Repos that were not taken, the first of them.
  [[nodiscard]] std::vector<RepoFault> faults() const;

 private:
  /// A page of the listing whose repos are not all settled.
  struct Page {
    std::string next;
    bool last = false;
    std::vector<std::string> dids;
    std::size_t left = 0;
  };
  using PagePosition = std::list<Page>::iterator;
  struct Task {
    std::string did;
    PagePosition page;
    std::optional<net::Url> host{};  ///< once it was found
    Question question{};
    Drops drops{};
  };

  Backfill(index::Recorder& recorder, BackfillOptions options, BackfillProgress progress,
           net::Url host, net::Url plc, std::optional<log::Matcher> wanted);
  [[nodiscard]] std::unique_ptr<RepoListing> listing(Spool& spool);
  void list_all();
  /// False if it is to end.
  bool take_page(RepoPage page);
  /// With the mutex held.
  Result<void> pass_settled_pages();
  void fail(Error error);
  void leave();

  // backfill_work.cpp
  void work(std::size_t number);
  std::optional<Task> next_task();
  void put_back(Task task);
  Fetched<RepoOutcome> fetch(Task& task, Spool& spool);
  Fetched<RepoOutcome> import(const std::string& did, ByteView archive, Drops& drops);
  void settle(const Task& task, const Fetched<RepoOutcome>& result);

  index::Recorder& recorder_;
  const BackfillOptions options_;
  const net::Url host_;
  const std::optional<log::Matcher> wanted_;
  std::stop_source stop_;
  net::Runtime runtime_;
  Asker asker_;
  const HostFinder finder_;
  std::mutex large_;  ///< held by whoever imports a large repo: each costs much memory

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  BackfillProgress progress_;
  BackfillStatus status_;
  std::optional<Error> trouble_;
  std::list<Page> pages_;
  std::deque<Task> tasks_;
  /// Those whose host wants to be left alone, by until when.
  std::multimap<std::chrono::steady_clock::time_point, Task> later_;
  bool listed_all_ = false;
  std::size_t running_ = 0;  ///< threads
  std::vector<std::thread> threads_;
};

}  // namespace refold::ingest
