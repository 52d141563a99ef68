#include "core/projection/generation.h"

#include <charconv>
#include <utility>

namespace refold::projection {
namespace {

namespace fs = std::filesystem;

/// Opens the view and compares it with the log and the code.
Result<std::optional<Misfit>> open_view(Environment& environment, const std::string& projection,
                                        Generation& generation) {
  const fs::path folder = environment.view_folder(projection, generation.number);
  auto view = environment.isolation.open_view(*generation.code, folder, environment.options.view);
  if (view.has_error()) {
    Error error = std::move(view).error();
    if (error.code != Errc::busy && error.code != Errc::newer_format) {
      error.message += "; build it anew: refold projection replay " + projection;
    }
    return error;
  }
  generation.view = std::move(*view);
  REFOLD_TRY(const view::Checkpoint checkpoint, generation.view->checkpoint());
  generation.applied->advance(checkpoint.seq);
  return misfit(environment.log, checkpoint, generation.view->tables(), *generation.code,
                generation.values);
}

}  // namespace

Result<void> take_code(Environment& environment, const GenerationRecord& record,
                       Generation& generation) {
  REFOLD_TRY(generation.code, environment.isolation.code(environment.shelf, record.code));
  auto values = plugin::canonical_options(generation.code->info.options, record.options);
  if (values.has_error()) {
    return within("projection '" + generation.code->info.name + "'", std::move(values).error());
  }
  generation.values = std::move(*values);
  return ok();
}

Result<void> create_view(Environment& environment, const std::string& projection,
                         const GenerationRecord& record) {
  Generation generation;
  REFOLD_CHECK(take_code(environment, record, generation));
  REFOLD_CHECK(matcher_of(generation.code->info, record.slice));
  REFOLD_TRY(const view::Checkpoint checkpoint,
             first_checkpoint(environment.log, *generation.code, generation.values, projection,
                              record.number));
  const fs::path folder = environment.view_folder(projection, record.number);
  std::error_code failure;
  fs::create_directories(folder.parent_path(), failure);
  if (failure) return system_error("create " + folder.parent_path().native(), failure.value());
  auto view = view::View::create(folder, view_tables(generation.code->info), checkpoint,
                                 environment.options.view);
  if (view.has_value()) return ok();
  (void)view::remove_view(folder);
  return std::move(view).error();
}

Generation open_generation(Environment& environment, const std::string& projection,
                           const GenerationRecord& record, const std::function<void()>& changed) {
  Generation generation;
  generation.number = record.number;
  if (auto taken = take_code(environment, record, generation); taken.has_error()) {
    generation.refused = std::move(taken).error();
    return generation;
  }
  auto unfit = open_view(environment, projection, generation);
  if (unfit.has_error()) {
    generation.refused = std::move(unfit).error();
  } else if (unfit->has_value()) {
    generation.refused = (*unfit)->error;
    generation.other_code = (*unfit)->kind == Misfit::Kind::code;
  }
  if (generation.refused) return generation;
  generation.runner = make_runner(environment, projection, record, generation, changed);
  generation.queries = make_queries(environment, projection, generation);
  return generation;
}

std::unique_ptr<Runner> make_runner(Environment& environment, const std::string& projection,
                                    const GenerationRecord& record, const Generation& generation,
                                    const std::function<void()>& changed) {
  LoopSetup loop;
  loop.log = &environment.log;
  loop.view = generation.view;
  loop.code = generation.code;
  loop.name = projection;
  loop.values = generation.values;
  loop.slice = record.slice;
  loop.sink = environment.options.log;
  loop.options = environment.options.loop;
  return environment.isolation.runner(std::move(loop), generation.applied, changed);
}

std::shared_ptr<Queries> make_queries(Environment& environment, const std::string& projection,
                                      const Generation& generation) {
  return environment.isolation.queries(
      {generation.view, generation.code, projection, generation.values, environment.options.log});
}

void remove_unlisted_views(const Environment& environment, const ProjectionRecord& record) {
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(environment.folder / record.name, failure)) {
    const std::string name = entry.path().filename().native();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool is_number = error == std::errc{} && end == name.data() + name.size();
    if (is_number && record.find(number) != nullptr) continue;
    // What cannot be removed now is tried again when this is opened the next time.
    (void)view::remove_view(entry.path());
  }
}

}  // namespace refold::projection
