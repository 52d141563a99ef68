#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/projection/loop_site.h"
#include "core/projection/runner.h"

namespace refold::projection {

/// A thread for each loop, which runs it, or has it run in another process.
class ThreadRunner : public Runner {
 public:
  /// `applied` is told the positions. `changed`: see Control.
  ThreadRunner(LoopSetup setup, std::shared_ptr<Watermark> applied, std::function<void()> changed,
               std::unique_ptr<LoopSite> site);
  /// Stops it, and waits for as long as that takes.
  ~ThreadRunner() override;
  ThreadRunner(const ThreadRunner&) = delete;
  ThreadRunner& operator=(const ThreadRunner&) = delete;

  [[nodiscard]] Result<void> start(const Orders& orders) override;
  void request_stop() override;
  void request_verified() override;
  [[nodiscard]] bool wait_ended(Deadline deadline) override;
  [[nodiscard]] bool wait_proven(Deadline deadline) override;
  [[nodiscard]] bool running() const override;
  [[nodiscard]] Progress progress() const override;

 private:
  void run(const std::shared_ptr<Control>& control, LoopSetup setup);

  LoopSetup setup_;
  std::shared_ptr<Watermark> applied_;
  std::function<void()> changed_;
  std::unique_ptr<LoopSite> site_;

  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool running_ = false;
  std::shared_ptr<Control> control_;  ///< of the last start; never null
  std::thread thread_;
};

}  // namespace refold::projection
