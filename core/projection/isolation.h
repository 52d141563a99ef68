#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "core/projection/loop.h"
#include "core/projection/queries.h"
#include "core/projection/query_thread.h"
#include "core/projection/runner.h"
#include "core/projection/shelf.h"

namespace refold::projection {

/// Where plugins run, and who opens their views to write. One for all projections. Any thread.
class Isolation {
 public:
  virtual ~Isolation() = default;

  /// The code, as far as this process needs it: what it says of itself, and the functions if they
  /// are called here.
  [[nodiscard]] virtual Result<CodePointer> code(Shelf& shelf, const CodeReference& reference) = 0;
  /// Whether it runs elsewhere than in this process.
  [[nodiscard]] virtual bool isolated(const Code& code) const = 0;
  /// Opens the view of a generation that this code goes on with, as far as this process needs it.
  [[nodiscard]] virtual Result<std::shared_ptr<view::View>> open_view(
      const Code& code, const std::filesystem::path& folder, const view::ViewOptions& options) = 0;
  /// A runner that is not started. `applied` is told its positions, `changed` is called when there
  /// is something to look at (see Control).
  [[nodiscard]] virtual std::unique_ptr<Runner> runner(LoopSetup setup,
                                                       std::shared_ptr<Watermark> applied,
                                                       std::function<void()> changed) = 0;
  [[nodiscard]] virtual std::shared_ptr<Queries> queries(QuerySetup setup) = 0;
};

/// Threads of this process, which opens the views itself; whatever the catalog says.
class ThreadIsolation : public Isolation {
 public:
  [[nodiscard]] Result<CodePointer> code(Shelf& shelf, const CodeReference& reference) override;
  [[nodiscard]] bool isolated(const Code& code) const override;
  [[nodiscard]] Result<std::shared_ptr<view::View>> open_view(
      const Code& code, const std::filesystem::path& folder,
      const view::ViewOptions& options) override;
  [[nodiscard]] std::unique_ptr<Runner> runner(LoopSetup setup, std::shared_ptr<Watermark> applied,
                                               std::function<void()> changed) override;
  [[nodiscard]] std::shared_ptr<Queries> queries(QuerySetup setup) override;
};

}  // namespace refold::projection
