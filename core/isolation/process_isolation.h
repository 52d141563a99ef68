#pragma once

#include "core/isolation/options.h"
#include "core/projection/isolation.h"

namespace refold::isolation {

/// Libraries run in processes of their own, but those that are to run in a thread; those, and
/// plugins that are built into this program, run in its threads. Of a library that runs in a
/// process this one knows what it said when it was probed, and never loads it.
///
/// The views of what runs in processes are written there, and only read here. Outlives all that it
/// made. Any thread.
class ProcessIsolation : public projection::Isolation {
 public:
  explicit ProcessIsolation(ProcessOptions options = {});

  [[nodiscard]] Result<projection::CodePointer> code(
      projection::Shelf& shelf, const projection::CodeReference& reference) override;
  [[nodiscard]] bool isolated(const projection::Code& code) const override;
  [[nodiscard]] Result<std::shared_ptr<view::View>> open_view(
      const projection::Code& code, const std::filesystem::path& folder,
      const view::ViewOptions& options) override;
  [[nodiscard]] std::unique_ptr<projection::Runner> runner(
      projection::LoopSetup setup, std::shared_ptr<projection::Watermark> applied,
      std::function<void()> changed) override;
  [[nodiscard]] std::shared_ptr<projection::Queries> queries(projection::QuerySetup setup) override;

 private:
  ProcessOptions options_;
  projection::ThreadIsolation threads_;
};

}  // namespace refold::isolation
