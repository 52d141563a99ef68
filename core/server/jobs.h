#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/server/threads.h"

namespace refold::server {

enum class JobState : std::uint8_t { running, done, failed, cancelled };
/// "running", "done", ...
[[nodiscard]] std::string_view name(JobState state) noexcept;

/// How a job is.
struct JobStatus {
  std::uint64_t id = 0;
  std::string what;  ///< "projection verify likes"
  std::string by;    ///< who started it
  JobState state = JobState::running;
  std::int64_t started_us = 0;
  std::int64_t ended_us = 0;
  std::string label;  ///< of its progress
  std::uint64_t done = 0;
  std::uint64_t total = 0;    ///< 0: not known
  std::string printed;        ///< the end of what it has printed
  std::string result;         ///< what came out, for people or as JSON; or why it failed
  std::uint64_t version = 0;  ///< grows with each change
};

/// Long work that goes on in the engine when whoever asked for it has gone. Any thread.
class Job {
 public:
  static constexpr std::size_t printed_bytes_max = std::size_t{16} << 10;
  static constexpr std::size_t result_bytes_max = std::size_t{64} << 10;

  Job(std::uint64_t id, std::string what, std::string by);

  void progress(std::string_view label, std::uint64_t done, std::uint64_t total);
  /// For work that counts how far it is by itself: progress() says the rest.
  [[nodiscard]] std::atomic<std::uint64_t>& counter() noexcept { return counter_; }
  void print(std::string_view text);
  void end(JobState state, std::string result);
  void cancel();
  /// Whether it is to end early.
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }
  /// The same, for those who take a flag.
  [[nodiscard]] const std::atomic<bool>& stop() const noexcept { return cancelled_; }
  [[nodiscard]] JobStatus status() const;
  /// Waits until its version is another one, or for so long.
  [[nodiscard]] JobStatus changed(std::uint64_t version, std::chrono::milliseconds at_most) const;

 private:
  [[nodiscard]] JobStatus status_now() const;

  std::atomic<bool> cancelled_{false};
  std::atomic<std::uint64_t> counter_{0};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  JobStatus status_;
};
using JobPointer = std::shared_ptr<Job>;

/// All jobs that run, and the last ones that have ended. Any thread.
class Jobs {
 public:
  struct Limits {
    std::size_t running_max = 32;  ///< with a thread of their own
    std::size_t ended_max = 100;   ///< remembered
  };
  /// Returns what came out. `closed` while the job is cancelled: it was ended by that.
  using Work = std::function<Result<std::string>(Job& job)>;

  explicit Jobs(const Limits& limits);
  /// Cancels all, and waits for them.
  ~Jobs();

  /// Has `work` done on a thread of its own. Errors: `busy` if too many of these run.
  [[nodiscard]] Result<JobPointer> start(const std::string& what, const std::string& by, Work work);
  /// Does it on this one. `keep`: whether it is remembered after its end; asked then.
  void run(const JobPointer& job, const Work& work, const std::function<bool()>& keep);
  /// A job that is listed from now on, for run(). Whoever has the thread bounds their number.
  /// Errors: `closed`.
  [[nodiscard]] Result<JobPointer> add(const std::string& what, const std::string& by);

  /// By id.
  [[nodiscard]] std::vector<JobStatus> list() const;
  /// Errors: `not_found`.
  [[nodiscard]] Result<JobPointer> find(std::uint64_t id) const;
  /// Cancels all that run, and lets no other begin: add() and start() are refused with `closed`.
  void cancel_all();
  /// Whether cancel_all() was called: what ends now goes on at the next start.
  [[nodiscard]] bool ending() const;

 private:
  void forget(const JobPointer& job, bool keep);

  const Limits limits_;
  mutable std::mutex mutex_;
  bool ending_ = false;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, JobPointer> running_;
  std::deque<JobPointer> ended_;
  Threads threads_;  ///< the last: what runs there uses what is above
};

/// One job as a JSON object.
[[nodiscard]] std::string job_json(const JobStatus& status);

}  // namespace refold::server
