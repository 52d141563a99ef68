#pragma once

#include "core/base/descriptor.h"
#include "core/isolation/loop_process.h"
#include "core/projection/loop_site.h"

namespace refold::isolation {

/// A loop in a process of its own, which is started again when it ends before its time, until it is
/// clear that the projection is at fault, and at which event.
///
/// What a process was doing when it ended is known by its CallPage. If it was applying events, the
/// next one applies those one by one, each committed before the next: if it ends at the same event
/// again, alone and behind everything before it, that one is at fault. What ends otherwise is
/// started again so often as the options say, as long as nothing is committed in between.
class LoopInProcess : public projection::LoopSite {
 public:
  /// `options` outlives it.
  explicit LoopInProcess(const ProcessOptions& options);

  void run(projection::LoopSetup setup, projection::Control& control) override;
  void wake() override;

 private:
  const ProcessOptions& options_;
  Descriptor woken_;
};

}  // namespace refold::isolation
