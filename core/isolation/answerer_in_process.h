#pragma once

#include "core/isolation/messages.h"
#include "core/isolation/options.h"
#include "core/isolation/worker.h"
#include "core/projection/answerer.h"

namespace refold::isolation {

/// Answers by a process of its own, which is started by the first question, and anew by the next
/// one after it has ended: a query that ends it gets the reason, and changes nothing for others.
class AnswererInProcess : public projection::Answerer {
 public:
  /// `options` outlives it.
  AnswererInProcess(projection::QuerySetup setup, const ProcessOptions& options);
  /// Ends the process.
  ~AnswererInProcess() override;

  [[nodiscard]] Result<void> prepare() override;
  [[nodiscard]] Result<std::string> run(std::uint32_t query,
                                        const std::vector<std::string>& arguments) override;
  [[nodiscard]] Result<std::vector<std::string>> rows(
      const projection::RowRequest& request) override;

 private:
  [[nodiscard]] Result<Texts> ask(const std::string& what, Kind kind, ByteView content);
  [[nodiscard]] Result<void> ensure_worker();
  [[nodiscard]] bool take(const Frame& frame);
  [[nodiscard]] Error no_answer(const std::string& what, bool late);

  projection::QuerySetup setup_;
  const ProcessOptions& options_;
  std::unique_ptr<Worker> worker_;  ///< null: none runs
  std::optional<Result<Texts>> answer_;
  std::optional<Error> refused_;
};

}  // namespace refold::isolation
