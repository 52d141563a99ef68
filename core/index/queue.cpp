#include "core/index/queue.h"

#include <utility>

namespace refold::index {

bool Queue::add(Submission& submission) {
  std::unique_lock lock(lock_);
  taken_.wait(lock, [&] { return closed_ || batches_ < options_.queue_batches_max; });
  if (closed_) return false;
  entries_.push_back({std::move(submission), {}});
  ++batches_;
  added_.notify_one();
  return true;
}

bool Queue::add(Task task) {
  const std::lock_guard lock(lock_);
  if (closed_) return false;
  entries_.push_back({std::nullopt, std::move(task)});
  added_.notify_one();
  return true;
}

std::optional<Queue::Work> Queue::take() {
  std::unique_lock lock(lock_);
  if (entries_.empty()) crowded_ = false;
  added_.wait(lock, [&] { return closed_ || !entries_.empty(); });
  if (entries_.empty()) return std::nullopt;
  Work work;
  if (entries_.front().task) {
    work.task = std::move(entries_.front().task);
    entries_.pop_front();
    return work;
  }
  const auto deadline = std::chrono::steady_clock::now() + options_.group_delay;
  Group group;
  for (;;) {
    collect(group);
    // Full, a task is next, nothing can come, or nobody is there who could send more.
    if (full(group) || !entries_.empty() || closed_ || group.all_awaited) break;
    const bool more =
        added_.wait_until(lock, deadline, [&] { return closed_ || !entries_.empty(); });
    if (!more) break;
  }
  crowded_ = large(group) || batches_ > 0;
  work.submissions = std::move(group.submissions);
  return work;
}

void Queue::collect(Group& group) {
  while (!entries_.empty() && entries_.front().submission && !full(group)) {
    Submission& next = *entries_.front().submission;
    group.drafts += next.batch.drafts.size();
    group.bytes += next.bytes;
    group.all_awaited = group.all_awaited && next.awaited;
    group.submissions.push_back(std::move(next));
    entries_.pop_front();
    --batches_;
  }
  taken_.notify_all();
}

bool Queue::full(const Group& group) const noexcept {
  return group.drafts >= options_.group_events_max || group.bytes >= options_.group_bytes_max;
}

/// One source has only so many batches under way: it alone does not fill a group.
bool Queue::large(const Group& group) const noexcept {
  constexpr std::uint64_t share = 10;
  return group.drafts >= options_.group_events_max / share ||
         group.bytes >= options_.group_bytes_max / share;
}

void Queue::close() {
  const std::lock_guard lock(lock_);
  closed_ = true;
  added_.notify_all();
  taken_.notify_all();
}

}  // namespace refold::index
