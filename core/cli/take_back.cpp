#include "core/cli/take_back.h"

#include "core/cli/catch_up.h"
#include "core/cli/complaint.h"
#include "core/cli/signals.h"

namespace refold::cli {

Result<std::unique_ptr<TakeBack>> TakeBack::open(const Context& context,
                                                 const log::WitnessLog& log) {
  std::unique_ptr<TakeBack> all(new TakeBack());
  if (context.engine != nullptr) {
    REFOLD_TRY(all->session_, ProjectionSession::open(context));
    return all;
  }
  REFOLD_TRY(const auto contents, projection::Catalog::read(log.data()));
  if (contents.projections.empty()) return all;
  REFOLD_TRY(all->session_, ProjectionSession::open(log));
  for (const std::string& name : all->session_->projections().names()) {
    REFOLD_TRY(const auto supervisor, all->session_->find(name));
    REFOLD_TRY(const Caught caught, catch_up(*all->session_, *supervisor, {}));
    all->interrupted_ = caught.end == Caught::End::interrupted;
    if (all->interrupted_) return all;
    if (caught.trouble) complain(caught.trouble->message);
    all->session_->fold(*supervisor, projection::Folding::all);
  }
  return all;
}

std::vector<std::string> TakeBack::names() const {
  return session_ ? session_->projections().names() : std::vector<std::string>();
}

void TakeBack::wait(log::Seq last) {
  if (!session_) return;
  const Interruption interruption;
  for (;;) {
    const auto deadline = std::chrono::steady_clock::now() + Interruption::patience;
    behind_ = session_->projections().settle(last, deadline);
    // Before the deadline: none of those that are left is on its way.
    const bool settled = behind_.empty() || std::chrono::steady_clock::now() < deadline;
    if (settled || Interruption::requested()) return;
  }
}

}  // namespace refold::cli
