#include "core/cli/projection_session.h"

namespace refold::cli {

using log::WitnessLog;

Result<std::unique_ptr<ProjectionSession>> ProjectionSession::open(const Context& context) {
  std::unique_ptr<ProjectionSession> session(new ProjectionSession());
  session->engine_ = context.engine;
  if (context.engine != nullptr) return session;
  REFOLD_TRY(auto log, WitnessLog::open_reader(context.data));
  session->log_ = std::move(log);
  REFOLD_CHECK(session->start(*session->log_));
  return session;
}

Result<std::unique_ptr<ProjectionSession>> ProjectionSession::open(const WitnessLog& log) {
  std::unique_ptr<ProjectionSession> session(new ProjectionSession());
  REFOLD_CHECK(session->start(log));
  return session;
}

ProjectionSession::~ProjectionSession() {
  projections_.reset();
  lines_.print();
}

/// The one place where it is chosen how the commands run projections.
Result<void> ProjectionSession::start(const WitnessLog& log) {
  isolation::ProcessOptions processes;
  // Whoever asks here gives up first.
  processes.query_time_max = query_patience + std::chrono::minutes(1);
  isolation_ = std::make_unique<isolation::ProcessIsolation>(std::move(processes));
  projection::ProjectionsOptions options;
  options.isolation = isolation_.get();
  options.log = lines_.sink();
  options.folding = projection::Folding::nothing;
  REFOLD_TRY(projections_, projection::Projections::open(log, std::move(options)));
  return ok();
}

}  // namespace refold::cli
