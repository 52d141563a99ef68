#include <algorithm>

#include "core/engine/projection_keeper.h"

namespace refold::engine {

namespace fs = std::filesystem;
using projection::Catalog;
using projection::CodeReference;
using projection::Done;
using projection::PluginRecord;
using projection::ProjectionRecord;

namespace {

/// Whether a projection runs what was loaded from that file, whatever it holds by now.
bool is_from(const fs::path& file, const CodeReference& code, const Catalog::Contents& contents) {
  const std::string origin = fs::absolute(file).native();
  return std::any_of(contents.plugins.begin(), contents.plugins.end(), [&](const auto& one) {
    return one.file == code.file && one.origin == origin;
  });
}

/// Whether a generation runs, or has run, just that library.
bool has_had(const ProjectionRecord& record, const PluginRecord& library,
             const Catalog::Contents& contents) {
  return std::any_of(
      contents.plugins.begin(), contents.plugins.end(), [&](const PluginRecord& plugin) {
        return plugin.hash == library.hash &&
               std::any_of(record.generations.begin(), record.generations.end(),
                           [&](const auto& one) { return one.code.file == plugin.file; });
      });
}

}  // namespace

void ProjectionKeeper::look_at_folder() {
  const auto arrivals = folder_.look(Clock::now());
  if (folder_told_ == folder_.readable()) {
    folder_told_ = !folder_.readable();
    logging_.write("projection", folder_told_ ? Level::error : Level::info,
                   "plugins.watch: " + folder_.path().string() +
                       (folder_told_ ? " cannot be read: make that folder, or name another one"
                                     : " can be read now"));
  }
  for (const PluginFolder::Arrival& one : arrivals) {
    if (ending()) return;
    take(one);
  }
}

/// What the configuration says of a library counts more than that it is in the folder.
void ProjectionKeeper::take(const PluginFolder::Arrival& arrival) {
  std::error_code gone;
  for (const ProjectionConfig& one : wanted_) {
    if (fs::equivalent(one.plugin, arrival.file, gone)) bring_about(one);
  }
  const auto offered = projections_.examine(arrival.file);
  if (offered.has_error()) return tell_of_folder(offered.error(), arrival.file);
  for (const auto& one : offered->info.projections) {
    if (ending()) return;
    take_offered(arrival, *offered, one.name);
  }
}

/// What was there at the start may have been passed over by a command since, which stays so.
void ProjectionKeeper::take_offered(const PluginFolder::Arrival& arrival,
                                    const PluginRecord& library, const std::string& projection) {
  const auto contents = projections_.contents();
  if (contents.has_error()) return tell_of_folder(contents.error(), arrival.file);
  bool known = false;
  for (const ProjectionRecord& one : contents->projections) {
    const CodeReference& code = one.find(one.current)->code;
    if (code.projection != projection) continue;
    const bool is_ours = is_from(arrival.file, code, *contents);
    const bool is_namesake = one.name == projection;
    known = known || is_ours || is_namesake;
    if (on_failure_.contains(one.name) || !(is_ours || is_namesake)) continue;
    if (arrival.was_there && (!is_ours || has_had(one, library, *contents))) continue;
    tell_of_folder(projections_.upgrade(one.name, arrival.file, std::nullopt, false), arrival.file);
  }
  if (known) return;
  projection::LoadRequest request;
  request.library = arrival.file;
  request.projection = projection;
  tell_of_folder(projections_.load(request), arrival.file);
}

void ProjectionKeeper::tell_of_folder(const Result<Done>& done, const fs::path& file) {
  const std::string head = "plugins.watch: " + file.filename().string() + ": ";
  if (done.has_error()) {
    return logging_.write("projection", Level::error, head + done.error().message);
  }
  logging_.write("projection", done->changed ? Level::info : Level::debug, head + done->said);
}

}  // namespace refold::engine
