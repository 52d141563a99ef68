#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/projection/catalog.h"
#include "core/projection/fit.h"
#include "core/projection/isolation.h"
#include "core/projection/options.h"
#include "core/projection/shelf.h"

namespace refold::projection {

/// What all projections of a process share. Outlives them.
struct Environment {
  const log::WitnessLog& log;
  Catalog& catalog;
  Shelf& shelf;
  Isolation& isolation;
  const ProjectionsOptions& options;
  std::filesystem::path folder;  ///< projections/

  [[nodiscard]] std::filesystem::path view_folder(const std::string& projection,
                                                  std::uint64_t generation) const {
    return folder / projection / std::to_string(generation);
  }
};

/// A generation that is open in this process: its view, the code that goes on with it, who folds,
/// and who answers. Its supervisor's, but what queries need is shared with those.
struct Generation {
  std::uint64_t number = 0;
  CodePointer code;
  std::vector<std::string> values;  ///< of its options, canonical
  std::shared_ptr<view::View> view;
  std::shared_ptr<Watermark> applied = std::make_shared<Watermark>();
  std::unique_ptr<Runner> runner;    ///< null if refused
  std::shared_ptr<Queries> queries;  ///< null if refused
  /// Why it is not used; the rest may be null then.
  std::optional<Error> refused;
  bool other_code = false;  ///< refused because its code builds something else: see Misfit::Kind
  bool held = false;        ///< does not run for now, whatever its record says
  bool started = false;     ///< the runner was started, and nobody has looked at how it ended
};

/// Takes the code of a generation from the shelf and makes its options canonical.
[[nodiscard]] Result<void> take_code(Environment& environment, const GenerationRecord& record,
                                     Generation& generation);

/// Makes an empty view for a generation that is not in the catalog yet. Errors: those of the code
/// and its options, `no_space`, `io`: nothing is left.
[[nodiscard]] Result<void> create_view(Environment& environment, const std::string& projection,
                                       const GenerationRecord& record);

/// Opens a generation, with everything that it needs to run. What does not fit is in `refused`.
/// `changed`: see Control.
[[nodiscard]] Generation open_generation(Environment& environment, const std::string& projection,
                                         const GenerationRecord& record,
                                         const std::function<void()>& changed);

/// Who folds the log into an open generation, and who answers from it, with the code that it has.
[[nodiscard]] std::unique_ptr<Runner> make_runner(Environment& environment,
                                                  const std::string& projection,
                                                  const GenerationRecord& record,
                                                  const Generation& generation,
                                                  const std::function<void()>& changed);
[[nodiscard]] std::shared_ptr<Queries> make_queries(Environment& environment,
                                                    const std::string& projection,
                                                    const Generation& generation);

/// Removes views of a projection that are in no record: what crashes and removals have left.
void remove_unlisted_views(const Environment& environment, const ProjectionRecord& record);

}  // namespace refold::projection
