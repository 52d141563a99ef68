#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/ingest/backfill/backfill.h"

namespace refold::ingest {

namespace {

/// An archive above this is imported alone.
constexpr std::size_t large_bytes = std::size_t{16} << 20;
constexpr std::size_t blocks_max = std::size_t{3} << 20;

bool is_of_the_archive(Errc code) {
  return code == Errc::invalid || code == Errc::not_found || code == Errc::too_large;
}

}  // namespace

std::optional<Backfill::Task> Backfill::next_task() {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::hours no_task_time{1};
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stop_.stop_requested()) return std::nullopt;
    const auto first = later_.begin();
    if (first != later_.end() && first->first <= Clock::now()) {
      Task task = std::move(first->second);
      later_.erase(first);
      return task;
    }
    if (!tasks_.empty()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      return task;
    }
    if (listed_all_ && later_.empty()) return std::nullopt;
    const auto until = later_.empty() ? Clock::now() + no_task_time : later_.begin()->first;
    changed_.wait_until(lock, stop_.get_token(), until, [&] {
      const bool sooner = !later_.empty() && later_.begin()->first < until;
      return !tasks_.empty() || sooner || (listed_all_ && later_.empty());
    });
  }
}

/// For whoever has nothing to do then: a host that rests holds no others up.
void Backfill::put_back(Task task) {
  const std::lock_guard lock(mutex_);
  const auto when = task.question.not_before;
  later_.emplace(when, std::move(task));
  changed_.notify_all();
}

void Backfill::work(std::size_t number) {
  Spool spool(options_.folder / ("repo-" + std::to_string(number) + ".part"));
  while (auto task = next_task()) {
    const auto result = fetch(*task, spool);
    spool.clear();
    if (result.has_error() && result.error().fault == Fault::stopped) return stop();
    if (result.has_error() && result.error().fault == Fault::failed)
      return fail({Errc::io, result.error().message});
    if (result.has_error() && result.error().fault == Fault::later) {
      put_back(std::move(*task));
    } else {
      settle(*task, result);
    }
  }
}

Fetched<RepoOutcome> Backfill::fetch(Task& task, Spool& spool) {
  if (!options_.host.empty()) task.host = host_;
  if (!task.host) {
    REFOLD_TRY(task.host, finder_.find(task.did, spool, task.drops, &task.question));
  }
  const net::Url url =
      xrpc_url(*task.host, "com.atproto.sync.getRepo").with_parameter("did", task.did);
  REFOLD_CHECK(asker_.get(url, options_.repo_bytes_max, spool, &task.question));
  const auto archive = spool.bytes();
  if (archive.has_error()) return FetchError{Fault::failed, archive.error().message};
  return import(task.did, *archive, task.drops);
}

Fetched<RepoOutcome> Backfill::import(const std::string& did, ByteView archive, Drops& drops) {
  std::unique_lock alone(large_, std::defer_lock);
  if (archive.size() > large_bytes) alone.lock();
  RepoOptions options;
  options.did = did;
  options.wanted = wanted_ ? &*wanted_ : nullptr;
  options.blocks_max = blocks_max;
  auto imported = import_repo(archive, recorder_, options_.source, drops, options);
  if (imported.has_value()) return std::move(*imported);
  Fault fault = Fault::failed;
  if (is_of_the_archive(imported.error().code)) fault = Fault::bad_archive;
  if (imported.error().code == Errc::unsupported) fault = Fault::deleted;
  return FetchError{fault, std::move(imported).error().message};
}

void Backfill::settle(const Task& task, const Fetched<RepoOutcome>& result) {
  Result<void> kept = ok();
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t at = 0; at < drop_count; ++at)
      status_.drops.count(static_cast<Drop>(at), task.drops[static_cast<Drop>(at)]);
    if (result.has_value()) {
      status_.records += result->records;
      status_.outcome.add(result->outcome);
      kept = progress_.add_done(task.did);
    } else {
      kept = progress_.add_fault({task.did, result.error().fault, result.error().message});
    }
    --task.page->left;
    if (!kept.has_error()) kept = pass_settled_pages();
    changed_.notify_all();
  }
  if (kept.has_error()) fail(std::move(kept).error());
}

}  // namespace refold::ingest
