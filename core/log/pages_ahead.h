#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "core/log/reader.h"

namespace refold::log {

/// A Reader that, once it is told to, reads the next pages on a thread of its own while whoever
/// takes them is busy with those before. All calls come from one thread. The log outlives it.
class PagesAhead {
 public:
  explicit PagesAhead(Reader reader) : reader_(std::move(reader)), position_(reader_.position()) {}
  ~PagesAhead() { stop(); }
  PagesAhead(const PagesAhead&) = delete;
  PagesAhead& operator=(const PagesAhead&) = delete;

  /// Reads ahead from now on: until the end of the log, an error or seek(). Nothing if it does
  /// so already, or no thread is to be had.
  void start();
  [[nodiscard]] bool reads_ahead() const noexcept { return thread_.joinable(); }

  /// As Reader::next(). Pages that were read ahead show the log as it was then: see seek().
  [[nodiscard]] Result<bool> next(Page& page);

  /// The seq that the next page starts at.
  [[nodiscard]] Seq position() const noexcept { return position_; }
  /// Goes on from there, and forgets what was read ahead: also for whoever stays where it is, but
  /// must not see what has been erased since.
  void seek(Seq from);

 private:
  void run();
  void stop();

  Reader reader_;  ///< the thread's, while that runs
  Seq position_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Page> ready_;
  std::vector<Page> spare_;  ///< memory to be filled again
  bool stop_ = false;
  bool ended_ = false;  ///< the thread has met the end of the log, or an error
  std::thread thread_;
};

}  // namespace refold::log
