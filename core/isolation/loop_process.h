#pragma once

#include <optional>

#include "core/base/descriptor.h"
#include "core/isolation/call_page.h"
#include "core/isolation/messages.h"
#include "core/isolation/options.h"
#include "core/isolation/worker.h"

namespace refold::isolation {

/// How one process of a loop ended.
struct LoopEnd {
  bool told = false;             ///< the loop itself has ended, and the control was told how
  std::optional<Error> refused;  ///< it could not be started, or could not begin
  Ending ending;
  projection::Call call;  ///< that it ended in
};

/// One process that runs a loop, from its start to its end. One thread, which lives as long.
class LoopProcess {
 public:
  /// All outlive it. `woken`: an eventfd that tells that the control was asked something.
  LoopProcess(const ProcessOptions& options, const projection::LoopSetup& setup,
              projection::Control& control, int woken)
      : options_(options), setup_(setup), control_(control), woken_(woken) {}

  [[nodiscard]] LoopEnd run(const projection::Suspects& suspects);

 private:
  [[nodiscard]] Result<void> start(const projection::Suspects& suspects);
  [[nodiscard]] FoldOrder order(const projection::Suspects& suspects) const;
  /// Passes on what the control was asked.
  void pass_on();
  /// What the process tells.
  [[nodiscard]] bool take(const Frame& frame);
  [[nodiscard]] bool take_position(bool committed);
  [[nodiscard]] bool take_refusal(ByteView content);
  [[nodiscard]] bool take_activity(ByteView content);
  [[nodiscard]] bool may_end(projection::Activity as) const;
  [[nodiscard]] bool take_failure(ByteView content);
  [[nodiscard]] bool take_row(ByteView content) const;
  [[nodiscard]] bool take_line(ByteView content) const;
  void watch_time();

  const ProcessOptions& options_;
  const projection::LoopSetup& setup_;
  projection::Control& control_;
  int woken_;

  std::optional<CallPage> page_;
  std::unique_ptr<Worker> worker_;
  // As the process knows them.
  log::Seq until_ = projection::no_end;
  bool verified_ = false;
  bool stopping_ = false;
  bool yielding_ = false;

  using TimePoint = std::chrono::steady_clock::time_point;
  LoopEnd end_;
  bool begun_ = false;  ///< it has come as far as the loop
  TimePoint started_at_{};
  TimePoint stopped_at_{};  ///< when it was told to stop
  TimePoint told_at_{};
};

}  // namespace refold::isolation
