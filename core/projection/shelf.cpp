#include "core/projection/shelf.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "core/base/characters.h"
#include "core/base/clock.h"
#include "core/plugin/boundary.h"
#include "core/plugin/stage.h"

namespace refold::projection {
namespace {

namespace fs = std::filesystem;

Result<CodeReference> reference_to(const plugin::PluginInfo& info, const std::string& file,
                                   const std::string& projection) {
  REFOLD_TRY(const Code code, code_of(info, projection));
  return CodeReference{info.name,    file,           code.info.name,
                       info.version, code.info.fold, RunsIn::thread};
}

Error not_staged(const CodeReference& reference) {
  return {Errc::not_found, "there is no staged library '" + reference.file + "' of plugin '" +
                               reference.plugin + "'; load it again"};
}

}  // namespace

/// A plugin in this program.
struct Shelf::BuiltIn {
  explicit BuiltIn(const refold_plugin_v1& given, plugin::LogSink log)
      : plugin(given), host(std::move(log)) {}
  ~BuiltIn() {
    if (started) (void)plugin::contained("stop()", [this] { plugin.stop(); });
  }
  BuiltIn(const BuiltIn&) = delete;
  BuiltIn& operator=(const BuiltIn&) = delete;

  const refold_plugin_v1& plugin;
  plugin::BareHost host;
  bool started = false;
  plugin::Manifest manifest;
};

/// Which libraries are loaded: they are here until they are closed, because a file that is opened
/// while it is being closed would stay mapped.
struct Shelf::Loads {
  std::mutex mutex;
  std::condition_variable closed;
  std::map<std::string, std::weak_ptr<Loaded>> loaded;
  std::vector<std::string> pinned;
};

/// A library that is in use.
struct Shelf::Loaded {
  Loaded(std::string file_name, std::unique_ptr<plugin::Library> opened, std::shared_ptr<Loads> all)
      : file(std::move(file_name)), library(std::move(opened)), loads(std::move(all)) {}
  ~Loaded() {
    const std::lock_guard lock(loads->mutex);
    if (library->close() == plugin::Library::Closed::pinned) loads->pinned.push_back(file);
    loads->loaded.erase(file);
    loads->closed.notify_all();
  }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  const std::string file;
  const std::unique_ptr<plugin::Library> library;
  const std::shared_ptr<Loads> loads;
};

Shelf::Shelf(Catalog& catalog, fs::path folder, plugin::ProbeOptions probe, LogSink log)
    : catalog_(catalog),
      folder_(std::move(folder)),
      probe_(std::move(probe)),
      log_(std::move(log)),
      loads_(std::make_shared<Loads>()) {}
Shelf::~Shelf() = default;

Result<std::unique_ptr<Shelf>> Shelf::open(Catalog& catalog, fs::path folder,
                                           const std::vector<const refold_plugin_v1*>& built_in,
                                           plugin::ProbeOptions probe, LogSink log) {
  std::unique_ptr<Shelf> shelf(
      new Shelf(catalog, std::move(folder), std::move(probe), std::move(log)));
  for (const refold_plugin_v1* const plugin : built_in) REFOLD_CHECK(shelf->start(*plugin));
  REFOLD_TRY(const Catalog::Contents contents, catalog.contents());
  for (const PluginRecord& record : contents.plugins) {
    shelf->plugins_.emplace(record.file, record);
  }
  return shelf;
}

Result<void> Shelf::start(const refold_plugin_v1& plugin) {
  REFOLD_CHECK(plugin::check_abi(plugin));
  const std::string name = plugin.name == nullptr ? "" : plugin.name;
  auto made = std::make_unique<BuiltIn>(
      plugin, [log = log_, name](std::int32_t level, std::string_view text) {
        if (log) log(name, level, escaped(text));
      });
  const std::string what = "the plugin '" + escaped(name) + "' that is built in: start()";
  REFOLD_TRY(const refold_result result,
             plugin::contained(what, [&] { return plugin.start(made->host.table()); }));
  REFOLD_CHECK(plugin::outcome(what, result, made->host.said()));
  made->started = true;
  REFOLD_TRY(made->manifest, plugin::read_manifest(plugin));
  built_in_.push_back(std::move(made));
  return ok();
}

Result<PluginRecord> Shelf::stage(const fs::path& library,
                                  const std::optional<Sha256Digest>& expected) {
  REFOLD_TRY(const Sha256Digest wanted, plugin::hash_of(library, expected));
  const std::string hash = hex(wanted);
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [file, record] : plugins_) {
      if (record.hash == hash && (is_described(file) || is_loaded(file))) return record;
    }
  }
  REFOLD_TRY(const plugin::Staged staged, plugin::stage(library, folder_, wanted));
  auto probed = plugin::probe(staged.file, probe_);
  if (probed.has_error()) {
    std::error_code ignored;
    fs::remove(staged.file, ignored);
    return refuse(library, hash, std::move(probed).error());
  }
  PluginRecord record{staged.file.filename().native(),
                      hash,
                      fs::absolute(library).native(),
                      probed->pinned,
                      now_us(),
                      std::move(probed->info)};
  REFOLD_CHECK(catalog_.put(record));
  REFOLD_CHECK(catalog_.remove_refusal(hash));
  const std::lock_guard lock(mutex_);
  plugins_.insert_or_assign(record.file, record);
  return record;
}

bool Shelf::is_described(const std::string& file) const {
  const auto found = described_.find(file);
  return found != described_.end() && !found->second.expired();
}

bool Shelf::is_loaded(const std::string& file) const {
  const std::lock_guard lock(loads_->mutex);
  const auto found = loads_->loaded.find(file);
  return found != loads_->loaded.end() && !found->second.expired();
}

/// A probe that could not be made says nothing about the library.
Result<PluginRecord> Shelf::refuse(const fs::path& library, const std::string& hash, Error why) {
  const bool refused =
      why.code == Errc::invalid || why.code == Errc::unsupported || why.code == Errc::too_large;
  if (refused) {
    REFOLD_CHECK(
        catalog_.put(RefusalRecord{hash, fs::absolute(library).native(), why.message, now_us()}));
  }
  return within(library.native() + " is refused", std::move(why));
}

Result<CodeReference> Shelf::reference(const PluginRecord& record, const std::string& projection) {
  return reference_to(record.info, record.file, projection);
}

Result<CodeReference> Shelf::built_in(const std::string& plugin,
                                      const std::string& projection) const {
  for (const auto& one : built_in_) {
    if (one->manifest.info.name == plugin) {
      return reference_to(one->manifest.info, "", projection);
    }
  }
  return Error{Errc::not_found, "no plugin '" + plugin + "' is built into this program"};
}

Result<CodePointer> Shelf::take(const CodeReference& reference) {
  if (reference.file.empty()) {
    for (const auto& one : built_in_) {
      const plugin::Manifest& manifest = one->manifest;
      if (manifest.info.name != reference.plugin) continue;
      REFOLD_TRY(Code code, code_of(manifest.info, reference.projection));
      code.projection = manifest.projections[code.index].projection;
      code.queries = manifest.projections[code.index].queries;
      code.describe = manifest.describe;
      return std::make_shared<const Code>(std::move(code));
    }
    return Error{Errc::not_found,
                 "no plugin '" + reference.plugin + "' is built into this program"};
  }
  std::string hash;
  {
    const std::lock_guard lock(mutex_);
    const auto record = plugins_.find(reference.file);
    if (record == plugins_.end()) return not_staged(reference);
    hash = record->second.hash;
  }
  REFOLD_TRY(auto loaded, load(reference.file, hash));
  REFOLD_TRY(Code code, code_of(*loaded->library, reference.projection));
  name_build(code, hash);
  code.library = std::move(loaded);
  return std::make_shared<const Code>(std::move(code));
}

Result<CodePointer> Shelf::describe(const CodeReference& reference) const {
  const std::lock_guard lock(mutex_);
  const auto record = plugins_.find(reference.file);
  if (record == plugins_.end()) return not_staged(reference);
  REFOLD_TRY(Code code, code_of(record->second.info, reference.projection));
  code.file = folder_ / reference.file;
  name_build(code, record->second.hash);
  std::weak_ptr<const void>& described = described_[reference.file];
  code.library = described.lock();
  if (!code.library) described = code.library = std::make_shared<const std::string>(code.hash);
  return std::make_shared<const Code>(std::move(code));
}

Result<std::shared_ptr<Shelf::Loaded>> Shelf::load(const std::string& file,
                                                   const std::string& hash) {
  std::unique_lock lock(loads_->mutex);
  for (auto found = loads_->loaded.find(file); found != loads_->loaded.end();
       found = loads_->loaded.find(file)) {
    if (auto loaded = found->second.lock()) return loaded;
    loads_->closed.wait(lock);
  }
  REFOLD_CHECK(plugin::check_staged(folder_ / file, hash));
  plugin::LoadOptions options;
  options.log = [log = log_, file](std::int32_t level, std::string_view text) {
    if (log) log(file, level, escaped(text));
  };
  auto library = plugin::Library::load(folder_ / file, options);
  if (library.has_error()) return within((folder_ / file).native(), std::move(library).error());
  auto loaded = std::make_shared<Loaded>(file, std::move(*library), loads_);
  loads_->loaded.emplace(file, loaded);
  return loaded;
}

Result<void> Shelf::keep_only(const std::vector<std::string>& files) {
  const std::lock_guard lock(mutex_);
  std::vector<fs::path> listed;
  for (auto record = plugins_.begin(); record != plugins_.end();) {
    const bool listed_there = std::find(files.begin(), files.end(), record->first) != files.end();
    if (listed_there || is_described(record->first)) {
      listed.push_back(folder_ / record->first);
      ++record;
      continue;
    }
    REFOLD_CHECK(catalog_.remove_plugin(record->first));
    described_.erase(record->first);
    record = plugins_.erase(record);
  }
  std::error_code failure;
  if (!fs::exists(folder_, failure)) return ok();
  return plugin::remove_unlisted(folder_, listed);
}

Result<std::vector<PluginRecord>> Shelf::plugins() const {
  const std::lock_guard lock(mutex_);
  std::vector<PluginRecord> all;
  for (const auto& [file, record] : plugins_) all.push_back(record);
  return all;
}

std::vector<std::string> Shelf::pinned() const {
  const std::lock_guard lock(loads_->mutex);
  return loads_->pinned;
}

std::size_t Shelf::loaded() const {
  const std::lock_guard lock(loads_->mutex);
  return loads_->loaded.size();
}

}  // namespace refold::projection
