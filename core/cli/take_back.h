#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/cli/projection_session.h"

namespace refold::cli {

/// Has the projections of a data directory take back what a redaction erases: they all come as far
/// as the log, and then are given its tombstones before anything goes. One thread.
class TakeBack {
 public:
  /// Opens the projections, if there are any, and has each catch up, or the user interrupt that.
  /// Those that stand still are told of. `log` outlives this. Errors: `busy` names the process that
  /// has them open.
  [[nodiscard]] static Result<std::unique_ptr<TakeBack>> open(const Context& context, const log::WitnessLog& log);

  [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }
  /// For index::RecorderOptions::before_erasing: waits until all that fold have come to `last`, or
  /// the user does not want to wait any more.
  void wait(log::Seq last);
  /// All projections.
  [[nodiscard]] std::vector<std::string> names() const;
  /// The generations that have not.
  [[nodiscard]] const std::vector<std::string>& behind() const noexcept { return behind_; }

 private:
  TakeBack() = default;

  std::unique_ptr<ProjectionSession> session_;  ///< null: there are no projections
  bool interrupted_ = false;
  std::vector<std::string> behind_;
};

}  // namespace refold::cli
