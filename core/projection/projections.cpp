#include "core/projection/projections.h"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "core/atproto/quote.h"
#include "core/base/clock.h"

namespace refold::projection {
namespace {

namespace fs = std::filesystem;

fs::path views_folder(const log::WitnessLog& log) { return log.data() / "projections"; }

bool valid_name(std::string_view name) {
  const auto letter = [](char one) { return one >= 'a' && one <= 'z'; };
  return !name.empty() && name.size() <= REFOLD_NAME_MAX && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char one) {
           return letter(one) || (one >= '0' && one <= '9') || one == '-';
         });
}

/// What a view says of itself, as far as it can. Errors: why it would not be used.
Result<void> inspect_view(const log::WitnessLog& log, log::Seq last, const fs::path& folder,
                          GenerationStatus& generation) {
  REFOLD_TRY(const auto view, view::View::open_reader(folder));
  REFOLD_TRY(generation.checkpoint, view->checkpoint());
  generation.progress.seq = generation.checkpoint.seq;
  REFOLD_TRY(generation.stat, view->stat());
  REFOLD_CHECK(measure_lag(log, last, generation));
  REFOLD_TRY(auto unfit, log_misfit(log, generation.checkpoint));
  if (unfit) return std::move(unfit->error);
  return ok();
}

}  // namespace

struct Projections::Impl {
  Impl(const log::WitnessLog& witness_log, ProjectionsOptions given)
      : options(std::move(given)), log(witness_log) {}

  /// Forgets plugins that no projection needs any more.
  Result<void> tidy() {
    std::vector<std::string> files;
    for (const auto& [name, supervisor] : supervisors) {
      for (const GenerationRecord& one : supervisor->record().generations) {
        if (!one.code.file.empty()) files.push_back(one.code.file);
      }
    }
    return shelf->keep_only(files);
  }

  Result<std::shared_ptr<Supervisor>> find(const std::string& name) const {
    const std::lock_guard lock(mutex);
    const auto found = supervisors.find(name);
    if (found != supervisors.end()) return found->second;
    std::string names;
    for (const auto& [known, supervisor] : supervisors) {
      names += (names.empty() ? "" : ", ") + known;
    }
    return Error{Errc::not_found, "there is no projection " + atproto::quoted(name) + "; there " +
                                      (names.empty() ? "are none" : "is " + names)};
  }

  /// `before`: what the projection runs until now; null: it is a new one.
  Result<CodeReference> reference(const fs::path& library, const LibraryTerms& terms,
                                  const std::string& projection,
                                  const CodeReference* before) const {
    REFOLD_TRY(const PluginRecord record, shelf->stage(library, terms.sha256));
    REFOLD_TRY(CodeReference code, Shelf::reference(record, projection));
    if (terms.runs_in) {
      code.runs_in = *terms.runs_in;
    } else if (before != nullptr && !before->file.empty()) {
      code.runs_in = before->runs_in;
    } else {
      // Others cannot write there: that is what staging has made sure of.
      code.runs_in = plugin::is_shipped(library) ? RunsIn::thread : RunsIn::process;
    }
    return code;
  }

  Result<CodeReference> reference(const LoadRequest& request) const {
    if (request.library.empty()) return shelf->built_in(request.plugin, request.projection);
    return reference(request.library, request.terms, request.projection, nullptr);
  }

  const ProjectionsOptions options;
  const log::WitnessLog& log;
  ThreadIsolation threads;
  std::unique_ptr<Catalog> catalog;
  std::unique_ptr<Shelf> shelf;
  std::optional<Environment> environment;

  std::mutex commands;  ///< of load, upgrade and unload: what is staged and not yet recorded stays
  mutable std::mutex mutex;
  std::map<std::string, std::shared_ptr<Supervisor>> supervisors;
};

Projections::Projections(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Projections::~Projections() = default;

Result<std::unique_ptr<Projections>> Projections::open(const log::WitnessLog& log,
                                                       ProjectionsOptions options) {
  auto impl = std::make_unique<Impl>(log, std::move(options));
  REFOLD_TRY(impl->catalog, Catalog::open(log.data()));
  REFOLD_TRY(impl->shelf,
             Shelf::open(*impl->catalog, log.data() / "plugins", impl->options.built_in,
                         impl->options.probe, impl->options.log));
  Isolation& isolation =
      impl->options.isolation == nullptr ? impl->threads : *impl->options.isolation;
  impl->environment.emplace(
      Environment{log, *impl->catalog, *impl->shelf, isolation, impl->options, views_folder(log)});
  REFOLD_TRY(const Catalog::Contents contents, impl->catalog->contents());
  for (const ProjectionRecord& record : contents.projections) {
    impl->supervisors.emplace(record.name,
                              std::make_shared<Supervisor>(*impl->environment, record));
  }
  std::error_code failure;
  fs::create_directories(views_folder(log), failure);
  if (!failure) fs::permissions(views_folder(log), fs::perms::owner_all, failure);
  if (failure) return system_error("create " + views_folder(log).native(), failure.value());
  for (const auto& entry : fs::directory_iterator(views_folder(log), failure)) {
    const std::string name = entry.path().filename().native();
    if (impl->supervisors.count(name) > 0 || !valid_name(name)) continue;
    ProjectionRecord unloaded;
    unloaded.name = name;
    remove_unlisted_views(*impl->environment, unloaded);
    fs::remove(entry.path(), failure);
  }
  REFOLD_CHECK(impl->tidy());
  for (const auto& [name, supervisor] : impl->supervisors) supervisor->start();
  return std::unique_ptr<Projections>(new Projections(std::move(impl)));
}

Result<Done> Projections::load(const LoadRequest& request) {
  const std::lock_guard commands(impl_->commands);
  REFOLD_TRY(CodeReference code, impl_->reference(request));
  const std::string name = request.name.empty() ? code.projection : request.name;
  if (!valid_name(name)) {
    return Error{Errc::invalid, "a projection cannot be called " + atproto::quoted(name) +
                                    ": names are of a-z, 0-9 and '-', begin with a letter, and "
                                    "have at most " +
                                    std::to_string(REFOLD_NAME_MAX) + " letters"};
  }
  if (const auto known = impl_->find(name); known.has_value()) {
    const ProjectionRecord record = (*known)->record();
    const GenerationRecord& current = *record.find(record.current);
    if (!request.terms.runs_in) code.runs_in = current.code.runs_in;
    const bool same = current.code == code && current.options == request.options;
    REFOLD_CHECK(impl_->tidy());
    if (same && request.keep_warm && !record.keep_warm) {
      REFOLD_TRY(Done done, (*known)->keep_warm(true));
      done.projection = name;
      return done;
    }
    if (same) return Done{false, "'" + name + "' is loaded already", name};
    return Error{Errc::invalid, "there is a projection '" + name +
                                    "' already, with other code or options; upgrade that, or "
                                    "choose another name"};
  }
  GenerationRecord first;
  first.number = 1;
  first.code = code;
  first.options = request.options;
  first.created_us = now_us();
  const auto made = [&]() -> Result<void> {
    REFOLD_CHECK(create_view(*impl_->environment, name, first));
    ProjectionRecord record;
    record.name = name;
    record.current = 1;
    record.next = 2;
    record.keep_warm = request.keep_warm;
    record.generations.push_back(first);
    if (auto saved = impl_->catalog->put(record); saved.has_error()) {
      (void)view::remove_view(impl_->environment->view_folder(name, 1));
      return saved;
    }
    auto supervisor = std::make_shared<Supervisor>(*impl_->environment, record);
    supervisor->start();
    const std::lock_guard lock(impl_->mutex);
    impl_->supervisors.emplace(name, std::move(supervisor));
    return ok();
  }();
  if (made.has_error()) {
    REFOLD_CHECK(impl_->tidy());
    return made.error();
  }
  return Done{true,
              "'" + name + "' is loaded (" + code.plugin + " " + code.version +
                  "), and is being built from the log",
              name};
}

Result<PluginRecord> Projections::examine(const fs::path& library) {
  const std::lock_guard commands(impl_->commands);
  REFOLD_TRY(PluginRecord record, impl_->shelf->stage(library, std::nullopt));
  REFOLD_CHECK(impl_->tidy());
  return record;
}

Result<Done> Projections::upgrade(const std::string& name, const fs::path& library,
                                  const std::optional<OptionPairs>& options, bool hold,
                                  const LibraryTerms& terms) {
  const std::lock_guard commands(impl_->commands);
  REFOLD_TRY(const auto supervisor, impl_->find(name));
  const ProjectionRecord record = supervisor->record();
  UpgradeRequest request;
  request.code = record.find(record.current)->code;
  request.options = options;
  request.hold = hold;
  if (!library.empty()) {
    const CodeReference before = request.code;
    REFOLD_TRY(request.code, impl_->reference(library, terms, before.projection, &before));
  } else if (request.code.file.empty()) {
    REFOLD_TRY(request.code, impl_->shelf->built_in(request.code.plugin, request.code.projection));
  } else {
    request.code.runs_in = terms.runs_in.value_or(request.code.runs_in);
  }
  auto done = supervisor->upgrade(request);
  REFOLD_CHECK(impl_->tidy());
  return done;
}

Result<Done> Projections::unload(const std::string& name) {
  const std::lock_guard commands(impl_->commands);
  REFOLD_TRY(auto supervisor, impl_->find(name));
  REFOLD_CHECK(supervisor->remove());
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->supervisors.erase(name);
  }
  supervisor.reset();
  REFOLD_CHECK(impl_->tidy());
  return Done{true, "'" + name + "' and all that it had is gone"};
}

Result<std::shared_ptr<Supervisor>> Projections::find(const std::string& name) const {
  return impl_->find(name);
}

std::vector<std::string> Projections::names() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<std::string> all;
  for (const auto& [name, supervisor] : impl_->supervisors) all.push_back(name);
  return all;
}

std::vector<std::string> Projections::settle(log::Seq last, Deadline deadline) const {
  constexpr std::chrono::milliseconds pause{5};
  for (;;) {
    bool coming = false;
    std::vector<std::string> behind;
    for (const std::string& name : names()) {
      if (const auto supervisor = impl_->find(name); supervisor.has_value()) {
        coming = (*supervisor)->list_behind(last, behind) || coming;
      }
    }
    if (!coming || std::chrono::steady_clock::now() >= deadline) return behind;
    std::this_thread::sleep_for(pause);
  }
}

const Shelf& Projections::shelf() const noexcept { return *impl_->shelf; }
Result<Catalog::Contents> Projections::contents() const { return impl_->catalog->contents(); }

Result<std::vector<ProjectionStatus>> inspect(const log::WitnessLog& log) {
  REFOLD_TRY(const Catalog::Contents contents, Catalog::read(log.data()));
  REFOLD_TRY(const log::Seq last, log.last());
  std::vector<ProjectionStatus> all;
  for (const ProjectionRecord& record : contents.projections) {
    ProjectionStatus& status = all.emplace_back();
    status.record = record;
    status.log_last = last;
    for (const GenerationRecord& one : record.generations) {
      GenerationStatus& generation = status.generations.emplace_back();
      generation.record = one;
      const fs::path folder = views_folder(log) / record.name / std::to_string(one.number);
      if (auto seen = inspect_view(log, last, folder, generation); seen.has_error()) {
        generation.refused = std::move(seen).error();
      }
    }
  }
  return all;
}

}  // namespace refold::projection
