#include "core/isolation/process_isolation.h"

#include <utility>

#include "core/isolation/answerer_in_process.h"
#include "core/isolation/loop_in_process.h"
#include "core/projection/thread_runner.h"

namespace refold::isolation {

using projection::Code;

ProcessIsolation::ProcessIsolation(ProcessOptions options) : options_(std::move(options)) {}

Result<projection::CodePointer> ProcessIsolation::code(projection::Shelf& shelf,
                                                       const projection::CodeReference& reference) {
  const bool here = reference.file.empty() || reference.runs_in == projection::RunsIn::thread;
  return here ? threads_.code(shelf, reference) : shelf.describe(reference);
}

bool ProcessIsolation::isolated(const Code& code) const { return code.projection == nullptr; }

Result<std::shared_ptr<view::View>> ProcessIsolation::open_view(const Code& code,
                                                                const std::filesystem::path& folder,
                                                                const view::ViewOptions& options) {
  if (!isolated(code)) return threads_.open_view(code, folder, options);
  REFOLD_TRY(auto view, view::View::open_reader(folder, options));
  return std::shared_ptr<view::View>(std::move(view));
}

std::unique_ptr<projection::Runner> ProcessIsolation::runner(
    projection::LoopSetup setup, std::shared_ptr<projection::Watermark> applied,
    std::function<void()> changed) {
  if (!isolated(*setup.code)) {
    return threads_.runner(std::move(setup), std::move(applied), std::move(changed));
  }
  return std::make_unique<projection::ThreadRunner>(std::move(setup), std::move(applied),
                                                    std::move(changed),
                                                    std::make_unique<LoopInProcess>(options_));
}

std::shared_ptr<projection::Queries> ProcessIsolation::queries(projection::QuerySetup setup) {
  if (!isolated(*setup.code)) return threads_.queries(std::move(setup));
  return std::make_shared<projection::QueryThread>(
      std::move(setup), [this](projection::QuerySetup taken) {
        return std::make_unique<AnswererInProcess>(std::move(taken), options_);
      });
}

}  // namespace refold::isolation
