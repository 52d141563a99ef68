#include "core/engine/projection_keeper.h"

#include <algorithm>
#include <utility>

namespace refold::engine {

using projection::Done;
using projection::ProjectionStatus;

namespace {

/// What is wrong with a generation that does not go on; empty if nothing is.
std::string trouble_of(const ProjectionStatus& status) {
  const auto* const current = status.current();
  if (current == nullptr) return {};
  if (current->refused) return current->refused->message;
  if (const auto& failure = current->record.failure) {
    return (failure->seq == 0 ? std::string() : "at seq " + std::to_string(failure->seq) + ": ") +
           failure->message;
  }
  return {};
}

}  // namespace

ProjectionKeeper::ProjectionKeeper(projection::Projections& projections, Logging& logging,
                                   Pauses pauses)
    : projections_(projections), logging_(logging), pauses_(pauses) {
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
  const projection::LibraryTerms terms{wanted.sha256, wanted.isolation};
  Result<Done> done = Done{};
  if (const auto known = projections_.find(wanted.name); known.has_value()) {
    done = projections_.upgrade(wanted.name, wanted.plugin, wanted.options, false, terms);
    if (done.has_value() && (*known)->record().keep_warm != wanted.keep_warm) {
      if (auto warm = (*known)->keep_warm(wanted.keep_warm); warm.has_error()) done = warm.error();
    }
  } else {
    projection::LoadRequest request;
    request.name = wanted.name;
    request.library = wanted.plugin;
    request.projection = wanted.projection;
    request.options = wanted.options;
    request.keep_warm = wanted.keep_warm;
    request.terms = terms;
    done = projections_.load(request);
  }
  if (done.has_error()) {
    logging_.write(
        "projection", Level::error,
        wanted.name + ": what the configuration says of it cannot be had: " + done.error().message);
  } else {
    logging_.write("projection", done->changed ? Level::info : Level::debug, done->said);
  }
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
  const std::string trouble = trouble_of(status);
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
