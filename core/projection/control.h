#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "core/projection/call_note.h"
#include "core/projection/progress.h"
#include "core/projection/watermark.h"

namespace refold::projection {

/// What a loop and whoever has it in charge tell one another. Any thread.
class Control {
 public:
  using Clock = std::chrono::steady_clock;

  /// `changed` is called when something happened that somebody should look at: it ended, stalled,
  /// or caught up. On the loop's thread, so it must not wait for that.
  Control(std::shared_ptr<Watermark> applied, std::function<void()> changed)
      : applied_(std::move(applied)), changed_(std::move(changed)) {}
  virtual ~Control() = default;
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // What is asked of the loop -----------------------------------------------------------------
  // Whoever asks wakes the log afterwards: the loop may be waiting there, and looks for poked().
  void request_stop();
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }
  void set_until(log::Seq until);
  [[nodiscard]] log::Seq until() const noexcept { return until_; }
  /// The next commit takes back that other code has written to the view.
  void request_verified() noexcept { verified_ = poked_ = true; }
  [[nodiscard]] bool verified() const noexcept { return verified_; }
  [[nodiscard]] std::atomic<bool>& poked() noexcept { return poked_; }

  // What the loop tells: who runs it for somebody in another process passes it on ---------------
  virtual void started(log::Seq seq);
  virtual void committed(log::Seq seq);
  virtual void caught_up();
  virtual void is(Activity activity, std::string why);
  void is(Activity activity) { is(activity, {}); }
  virtual void failed(Failure failure);
  virtual void verified_is_committed() { verified_ = false; }
  /// Where calls into the plugin are noted.
  [[nodiscard]] virtual CallNote& call() noexcept { return call_; }

  /// Waits, but not when it is to stop.
  void sleep(std::chrono::milliseconds duration);

  /// Waits until it has committed something, or caught up, or ended. False at the deadline.
  [[nodiscard]] bool wait_proven(Clock::time_point deadline);

  [[nodiscard]] Progress progress() const;
  [[nodiscard]] const std::shared_ptr<Watermark>& applied() const noexcept { return applied_; }

 private:
  std::shared_ptr<Watermark> applied_;
  std::function<void()> changed_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> verified_{false};
  std::atomic<bool> poked_{false};
  std::atomic<log::Seq> until_{no_end};
  CallNote call_;

  mutable std::mutex mutex_;
  std::condition_variable woken_;
  Progress progress_;
  bool begun_ = false;
  // Of the rate: the position some seconds ago.
  Clock::time_point rate_from_;
  log::Seq rate_seq_ = 0;
};

}  // namespace refold::projection
