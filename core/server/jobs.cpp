#include "core/server/jobs.h"

#include <chrono>
#include <utility>

#include "core/atproto/time_text.h"
#include "core/base/clock.h"
#include "core/base/json_writer.h"

namespace refold::server {

std::string_view name(JobState state) noexcept {
  switch (state) {
    case JobState::running: return "running";
    case JobState::done: return "done";
    case JobState::failed: return "failed";
    case JobState::cancelled: return "cancelled";
  }
  return "unknown";
}

Job::Job(std::uint64_t id, std::string what, std::string by) {
  status_.id = id;
  status_.what = std::move(what);
  status_.by = std::move(by);
  status_.started_us = now_us();
}

void Job::progress(std::string_view label, std::uint64_t done, std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  status_.label = label;
  status_.done = done;
  status_.total = total;
  ++status_.version;
  changed_.notify_all();
}

void Job::print(std::string_view text) {
  const std::lock_guard lock(mutex_);
  status_.printed += text;
  if (status_.printed.size() > printed_bytes_max) {
    status_.printed.erase(0, status_.printed.size() - printed_bytes_max);
  }
  ++status_.version;
  changed_.notify_all();
}

void Job::end(JobState state, std::string result) {
  const std::lock_guard lock(mutex_);
  if (result.size() > result_bytes_max) result.resize(result_bytes_max);
  status_.state = state;
  status_.result = std::move(result);
  status_.ended_us = now_us();
  ++status_.version;
  changed_.notify_all();
}

void Job::cancel() {
  cancelled_ = true;
  changed_.notify_all();
}

JobStatus Job::status_now() const {
  JobStatus now = status_;
  if (const std::uint64_t counted = counter_; counted != 0) now.done = counted;
  return now;
}

JobStatus Job::status() const {
  const std::lock_guard lock(mutex_);
  return status_now();
}

JobStatus Job::changed(std::uint64_t version, std::chrono::milliseconds at_most) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, at_most, [&] { return status_.version != version; });
  return status_now();
}

Jobs::Jobs(const Limits& limits) : limits_(limits), threads_(limits.running_max) {}

Jobs::~Jobs() { cancel_all(); }

Result<JobPointer> Jobs::add(const std::string& what, const std::string& by) {
  const std::lock_guard lock(mutex_);
  if (ending_) return Error{Errc::closed, "the engine is stopping"};
  auto job = std::make_shared<Job>(next_++, what, by);
  running_.emplace(job->status().id, job);
  return job;
}

Result<JobPointer> Jobs::start(const std::string& what, const std::string& by, Work work) {
  REFOLD_TRY(JobPointer job, add(what, by));
  if (threads_.run([this, job, work = std::move(work)] { run(job, work, [] { return true; }); }))
    return job;
  forget(job, false);
  return Error{Errc::busy, "there is no thread for '" + what +
                               "': " + std::to_string(limits_.running_max) +
                               " jobs may have one at a time, see 'refold jobs list'"};
}

void Jobs::run(const JobPointer& job, const Work& work, const std::function<bool()>& keep) {
  Result<std::string> result = work(*job);
  if (result.has_value()) {
    job->end(JobState::done, std::move(*result));
  } else {
    const bool ended = job->cancelled() && result.error().code == Errc::closed;
    job->end(ended ? JobState::cancelled : JobState::failed, std::move(result).error().message);
  }
  forget(job, keep());
}

void Jobs::forget(const JobPointer& job, bool keep) {
  const std::lock_guard lock(mutex_);
  running_.erase(job->status().id);
  if (!keep) return;
  ended_.push_back(job);
  if (ended_.size() > limits_.ended_max) ended_.pop_front();
}

std::vector<JobStatus> Jobs::list() const {
  std::map<std::uint64_t, JobPointer> all;
  {
    const std::lock_guard lock(mutex_);
    all = running_;
    for (const JobPointer& one : ended_) all.emplace(one->status().id, one);
  }
  std::vector<JobStatus> list;
  list.reserve(all.size());
  for (const auto& [id, job] : all) list.push_back(job->status());
  return list;
}

Result<JobPointer> Jobs::find(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(id); found != running_.end()) return found->second;
  for (const JobPointer& one : ended_) {
    if (one->status().id == id) return one;
  }
  return Error{Errc::not_found, "there is no job " + std::to_string(id) +
                                    ", or it is forgotten: the last " +
                                    std::to_string(limits_.ended_max) + " that ended are kept"};
}

void Jobs::cancel_all() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  for (const auto& [id, job] : running_) job->cancel();
}

bool Jobs::ending() const {
  const std::lock_guard lock(mutex_);
  return ending_;
}

std::string job_json(const JobStatus& status) {
  std::string out;
  JsonWriter json(out);
  json.open('{').field("job", status.id).field("what", status.what).field("by", status.by);
  json.field("state", name(status.state)).field("started", atproto::time_text(status.started_us));
  if (status.ended_us != 0) json.field("ended", atproto::time_text(status.ended_us));
  if (!status.label.empty()) {
    json.key("progress").open('{').field("label", status.label).field("done", status.done);
    json.field("total", status.total).close('}');
  }
  if (!status.printed.empty()) json.field("printed", status.printed);
  if (!status.result.empty()) json.field("result", status.result);
  json.close('}');
  return out;
}

}  // namespace refold::server
