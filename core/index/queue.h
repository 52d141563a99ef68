#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "core/index/recorder.h"
#include "core/index/writer.h"

namespace refold::index {

/// What the writer thread has to do, in the order it came: batches, and tasks between them.
///
/// Bounded: whoever adds a batch waits while it is full. Any number of threads add, one takes.
class Queue {
 public:
  using Task = std::function<void(Writer&)>;
  /// Either a task, or batches that may go into one commit.
  struct Work {
    std::vector<Submission> submissions;
    Task task;
  };

  explicit Queue(const RecorderOptions& options) : options_(options) {}

  /// Moves the submission in. False, and it is as it was, if the queue is closed.
  [[nodiscard]] bool add(Submission& submission);
  /// Tasks have no bound: each has a thread that waits for it.
  [[nodiscard]] bool add(Task task);

  /// Waits for work. Collects batches until the bounds of a group are reached, the group's delay
  /// is over, or all who submitted them wait for them. None: closed, and everything was taken.
  [[nodiscard]] std::optional<Work> take();

  /// Whether the last group was so large that more comes than can go into one commit for long. Any
  /// thread.
  [[nodiscard]] bool crowded() const noexcept { return crowded_; }

  /// Lets nothing in any more. What is inside can still be taken.
  void close();

 private:
  struct Entry {
    std::optional<Submission> submission;
    Task task;
  };
  struct Group {
    std::vector<Submission> submissions;
    std::uint64_t drafts = 0;
    std::size_t bytes = 0;
    bool all_awaited = true;
  };
  void collect(Group& group);
  [[nodiscard]] bool full(const Group& group) const noexcept;
  [[nodiscard]] bool large(const Group& group) const noexcept;

  RecorderOptions options_;
  std::mutex lock_;
  std::condition_variable added_;
  std::condition_variable taken_;
  std::deque<Entry> entries_;
  std::size_t batches_ = 0;  ///< entries that are submissions
  bool closed_ = false;
  std::atomic<bool> crowded_{false};
};

}  // namespace refold::index
