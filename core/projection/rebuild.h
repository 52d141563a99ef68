#pragma once

#include <atomic>
#include <memory>

#include "core/projection/comparison.h"

namespace refold::projection {

/// A view that is built from the log to be looked at, with a loop of its own. Deleted when it goes.
class Rebuild {
 public:
  /// Begins with nothing. `watch` may be null; with it, events are applied one by one. Errors:
  /// those of creating a view.
  [[nodiscard]] static Result<std::unique_ptr<Rebuild>> start(Environment& environment,
                                                              const VerifySubject& subject,
                                                              std::shared_ptr<const Watch> watch);
  ~Rebuild();
  Rebuild(const Rebuild&) = delete;
  Rebuild& operator=(const Rebuild&) = delete;

  /// Folds up to `seq`, not further. `rebuilt` (may be null) is told now and then how far it is.
  /// Errors: `closed` if `stop` became true; `no_space`, `io`, or why the plugin failed.
  [[nodiscard]] Result<void> run_to(log::Seq seq, const std::atomic<bool>* stop,
                                    std::atomic<log::Seq>* rebuilt);
  [[nodiscard]] const view::View& view() const noexcept { return *view_; }

 private:
  Rebuild() = default;

  std::filesystem::path folder_;
  std::shared_ptr<view::View> view_;
  std::vector<log::Seq> skip_;
  std::unique_ptr<Runner> runner_;
};

}  // namespace refold::projection
