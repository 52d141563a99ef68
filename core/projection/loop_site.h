#pragma once

#include "core/projection/control.h"
#include "core/projection/loop.h"

namespace refold::projection {

/// Where the loop of one generation runs.
class LoopSite {
 public:
  virtual ~LoopSite() = default;

  /// Runs a loop to its end, on a thread that ends afterwards. What becomes of it is told to
  /// `control`, whose activity has ended when this returns; nothing of the loop is left then.
  virtual void run(LoopSetup setup, Control& control) = 0;
  /// Something was asked of the control under way: it is to be looked at. Any thread.
  virtual void wake() = 0;
};

/// The thread that calls run(): for plugins that are trusted. A crash there ends this process, and
/// a call that does not return can only be reported.
class LoopHere : public LoopSite {
 public:
  /// The log outlives it.
  explicit LoopHere(const log::WitnessLog& log) : log_(log) {}
  void run(LoopSetup setup, Control& control) override {
    Loop loop(std::move(setup), control);
    loop.run();
  }
  void wake() override { log_.wake(); }

 private:
  const log::WitnessLog& log_;
};

}  // namespace refold::projection
