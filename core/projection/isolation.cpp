#include "core/projection/isolation.h"

#include <utility>

#include "core/projection/thread_runner.h"

namespace refold::projection {

Result<CodePointer> ThreadIsolation::code(Shelf& shelf, const CodeReference& reference) {
  return shelf.take(reference);
}

bool ThreadIsolation::isolated(const Code& /*code*/) const { return false; }

Result<std::shared_ptr<view::View>> ThreadIsolation::open_view(const Code& /*code*/,
                                                               const std::filesystem::path& folder,
                                                               const view::ViewOptions& options) {
  REFOLD_TRY(auto view, view::View::open_writer(folder, options));
  return std::shared_ptr<view::View>(std::move(view));
}

std::unique_ptr<Runner> ThreadIsolation::runner(LoopSetup setup, std::shared_ptr<Watermark> applied,
                                                std::function<void()> changed) {
  auto here = std::make_unique<LoopHere>(*setup.log);
  return std::make_unique<ThreadRunner>(std::move(setup), std::move(applied), std::move(changed),
                                        std::move(here));
}

std::shared_ptr<Queries> ThreadIsolation::queries(QuerySetup setup) {
  return std::make_shared<QueryThread>(std::move(setup), [](QuerySetup taken) {
    return std::make_unique<AnswererHere>(std::move(taken));
  });
}

}  // namespace refold::projection
