#include "core/engine/projection_keeper.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/characters.h"
#include "core/base/digest.h"
#include "core/engine/config/keys.h"
#include "core/plugin/stage.h"
#include "core/server/projection_json.h"

namespace refold::engine {

using projection::Done;
using projection::ProjectionStatus;

namespace {

std::string demand_key(const std::string& name) { return "configured " + name; }

/// Everything that bringing an entry about goes by, as a digest: the file's bytes, too.
Result<std::string> demand_of(const ProjectionConfig& wanted) {
  REFOLD_TRY(const Sha256Digest file, plugin::hash_of(wanted.plugin));
  std::string text = hex(file);
  for (const auto& key : projection_keys()) {
    if (key.name != "on_failure") text += "\n" + key.name + " = " + key.show(wanted);
  }
  return hex(sha256(bytes_of(text)));
}

/// "auto" is what it says, wherever the projection ran before.
projection::LibraryTerms terms_of(const ProjectionConfig& wanted) {
  const bool shipped = plugin::is_shipped(wanted.plugin);
  const auto usual = shipped ? projection::RunsIn::thread : projection::RunsIn::process;
  return {wanted.sha256, wanted.isolation.value_or(usual)};
}

}  // namespace

ProjectionKeeper::ProjectionKeeper(projection::Projections& projections, index::Recorder& recorder,
                                   Logging& logging, Pauses pauses)
    : projections_(projections), recorder_(recorder), logging_(logging), pauses_(pauses) {
  thread_ = std::thread([this] { run(); });
}

ProjectionKeeper::~ProjectionKeeper() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ProjectionKeeper::configure(std::vector<ProjectionConfig> wanted,
                                 std::filesystem::path folder) {
  {
    const std::lock_guard lock(mutex_);
    given_ = Given{std::move(wanted), std::move(folder)};
  }
  changed_.notify_all();
}

bool ProjectionKeeper::settled() const {
  const std::lock_guard lock(mutex_);
  return !given_ && !busy_;
}

bool ProjectionKeeper::ending() const {
  const std::lock_guard lock(mutex_);
  return ending_;
}

void ProjectionKeeper::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    auto given = std::exchange(given_, std::nullopt);
    busy_ = given.has_value();
    lock.unlock();
    if (given) take_up(std::move(*given));
    look_at_folder();
    look();
    lock.lock();
    busy_ = false;
    changed_.wait_for(lock, pauses_.look, [this] { return ending_ || given_.has_value(); });
  }
}

void ProjectionKeeper::take_up(Given given) {
  wanted_ = std::move(given.wanted);
  if (given.folder != folder_.path()) {
    folder_ = PluginFolder(std::move(given.folder), pauses_.rest);
    folder_told_ = false;
  }
  on_failure_.clear();
  for (const ProjectionConfig& one : wanted_) {
    if (ending()) break;
    bring_about(one);
  }
}

/// Load and upgrade both say so if there is nothing to do.
void ProjectionKeeper::bring_about(const ProjectionConfig& wanted) {
  on_failure_[wanted.name] = wanted.on_failure;
  const auto known = projections_.find(wanted.name);
  const auto demand = demand_of(wanted);
  if (known.has_value() && demand.has_value()) {
    const auto before = recorder_.log().mark(demand_key(wanted.name));
    if (before.has_value() && *before == *demand) {
      return logging_.write("projection", Level::debug,
                            wanted.name + ": its entry is the one that was brought about before");
    }
  }
  const Result<Done> done = known.has_value() ? change(**known, wanted) : load(wanted);
  if (done.has_error()) {
    return logging_.write(
        "projection", Level::error,
        wanted.name + ": what the configuration says of it cannot be had: " + done.error().message);
  }
  logging_.write("projection", done->changed ? Level::info : Level::debug, done->said);
  if (demand.has_error()) return;
  if (const auto kept = keep_demand(wanted.name, *demand); kept.has_error()) {
    logging_.write("projection", Level::error, wanted.name + ": " + kept.error().message);
  }
}

Result<Done> ProjectionKeeper::load(const ProjectionConfig& wanted) {
  projection::LoadRequest request;
  request.name = wanted.name;
  request.library = wanted.plugin;
  request.projection = wanted.projection;
  request.options = wanted.options;
  request.keep_warm = wanted.keep_warm;
  request.terms = terms_of(wanted);
  return projections_.load(request);
}

Result<Done> ProjectionKeeper::change(projection::Supervisor& supervisor,
                                      const ProjectionConfig& wanted) {
  const projection::ProjectionRecord record = supervisor.record();
  const std::string& is = record.find(record.current)->code.projection;
  if (!wanted.projection.empty() && wanted.projection != is) {
    return invalid("it is the projection '" + is + "' of its plugin, and cannot become '" +
                   escaped(wanted.projection) + "': give that another name, or 'refold plugin " +
                   "unload " + wanted.name + "' first");
  }
  REFOLD_TRY(Done done, projections_.upgrade(wanted.name, wanted.plugin, wanted.options, false,
                                             terms_of(wanted)));
  if (record.keep_warm != wanted.keep_warm) REFOLD_CHECK(supervisor.keep_warm(wanted.keep_warm));
  return done;
}

Result<void> ProjectionKeeper::keep_demand(const std::string& name, const std::string& demand) {
  index::DraftBatch batch;
  batch.source = "configuration";
  batch.extras.marks.push_back({demand_key(name), demand});
  REFOLD_CHECK(recorder_.record(std::move(batch)));
  return ok();
}

void ProjectionKeeper::look() {
  for (const std::string& name : projections_.names()) {
    if (ending()) return;
    const auto supervisor = projections_.find(name);
    if (supervisor.has_value()) look_at(name, **supervisor);
  }
}

void ProjectionKeeper::look_at(const std::string& name, projection::Supervisor& supervisor) {
  const auto status = supervisor.status();
  if (status.has_error()) return;
  Seen& seen = seen_[name];
  if (status->state() != seen.state) tell(*status, seen);
  if (seen.state == "failed" && on_failure_[name] == OnFailure::retry) {
    retry(name, supervisor, seen);
  }
}

void ProjectionKeeper::tell(const ProjectionStatus& status, Seen& seen) {
  const bool first = seen.state.empty();
  seen.state = status.state();
  const bool bad = seen.state == "failed" || seen.state == "refused" || seen.state == "stalled";
  const std::string trouble = server::why_it_stands(status);
  logging_.write("projection", bad ? Level::error : Level::info,
                 status.record.name + (first ? " is " : " is now ") + seen.state +
                     (trouble.empty() ? trouble : ": " + trouble));
  if (seen.state == "live") seen.pause = {};
  if (seen.state == "failed") {
    seen.pause =
        std::min(seen.pause.count() == 0 ? pauses_.retry : 2 * seen.pause, pauses_.retry_max);
    seen.retry_at = Clock::now() + seen.pause;
  }
}

void ProjectionKeeper::retry(const std::string& name, projection::Supervisor& supervisor,
                             Seen& seen) {
  if (Clock::now() < seen.retry_at) return;
  const auto done = supervisor.retry();
  // It is told again if it fails again.
  seen.state = "trying again";
  logging_.write(
      "projection", Level::info,
      name + " is tried again" + (done.has_error() ? ", in vain: " + done.error().message : ""));
}

}  // namespace refold::engine
