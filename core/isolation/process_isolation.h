#pragma once

#include "core/isolation/options.h"
#include "core/projection/isolation.h"

namespace refold::isolation {

/// Libraries run in processes of their own; plugins that are built into this program, in its
/// threads. This process never loads a library: it knows what that said when it was probed.
///
/// The views of libraries are written by their processes, and only read here. Outlives all that it
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
