#include "core/plugin/library.h"

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>
#include <utility>

#include "core/base/characters.h"
#include "core/plugin/boundary.h"
#include "core/plugin/own_thread.h"

namespace refold::plugin {
namespace {

constexpr const char* entry = "refold_plugin";

/// What the loader of the system had against the file; it is asked once, right after the failure.
Error not_loaded() {
  const char* const why = dlerror();
  return {Errc::invalid,
          "it cannot be loaded: " + escaped(why == nullptr ? "no reason given" : why)};
}

bool still_mapped(const std::filesystem::path& file) {
  void* const handle = dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
  if (handle != nullptr) dlclose(handle);
  return handle != nullptr;
}

}  // namespace

struct Library::State {
  State(std::filesystem::path file_given, LoadOptions options_given)
      : file(std::move(file_given)), options(std::move(options_given)), host(options.log) {}

  void step(std::string_view what) const {
    if (options.step) options.step(what);
  }
  Result<void> map();
  Result<void> begin();
  Result<void> read();

  std::filesystem::path file;
  LoadOptions options;
  BareHost host;
  boost::dll::shared_library mapped;
  const refold_plugin_v1* plugin = nullptr;
  bool started = false;
  Closed closed = Closed::gone;
  Manifest manifest;
  std::unique_ptr<OwnThread> thread;
};

Result<void> Library::State::map() {
  step("being loaded");
  std::error_code failed;
  REFOLD_CHECK(contained("a constructor of its static objects", [&] {
    mapped.load(file, failed, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  }));
  if (failed) return not_loaded();
  if (!mapped.has(entry)) {
    return Error{Errc::invalid, std::string("it does not export the symbol ") + entry +
                                    ": it is no plugin, or its linker was told to hide it"};
  }
  plugin = &mapped.get<const refold_plugin_v1>(entry);
  return check_abi(*plugin);
}

Result<void> Library::State::begin() {
  step("starting");
  REFOLD_TRY(const refold_result result,
             contained("start()", [this] { return plugin->start(host.table()); }));
  REFOLD_CHECK(outcome("start()", result, host.said()));
  started = true;
  return ok();
}

Result<void> Library::State::read() {
  REFOLD_CHECK(map());
  REFOLD_CHECK(begin());
  step("telling what it offers");
  REFOLD_TRY(manifest, read_manifest(*plugin));
  return ok();
}

Result<std::unique_ptr<Library>> Library::load(const std::filesystem::path& staged,
                                               const LoadOptions& options) {
  std::error_code failed;
  auto file = std::filesystem::absolute(staged, failed);
  if (failed) return system_error("find " + staged.string(), failed.value());
  auto state = std::make_unique<State>(std::move(file), options);
  REFOLD_TRY(state->thread, OwnThread::start());
  std::unique_ptr<Library> library(new Library(std::move(state)));
  Result<void> read = ok();
  library->state_->thread->run([&] { read = library->state_->read(); });
  if (read.has_value()) return library;
  if (options.refused != nullptr) *options.refused = std::move(library);
  return std::move(read).error();
}

Library::Library(std::unique_ptr<State> state) : state_(std::move(state)) {}

Library::~Library() { close(); }

const std::filesystem::path& Library::file() const noexcept { return state_->file; }
const PluginInfo& Library::info() const noexcept { return state_->manifest.info; }

const refold_projection& Library::projection(std::uint32_t index) const noexcept {
  return *state_->manifest.projections[index].projection;
}

const refold_query* Library::query(std::uint32_t projection, std::uint32_t index) const noexcept {
  const auto& queries = state_->manifest.projections[projection].queries;
  return index < queries.size() ? queries[index] : nullptr;
}

const refold_describe* Library::describe() const noexcept { return state_->manifest.describe; }

Result<void> Library::stop() {
  State& state = *state_;
  Result<void> stopped = ok();
  if (std::exchange(state.started, false)) {
    state.step("stopping");
    state.thread->run([&] { stopped = contained("stop()", [&] { state.plugin->stop(); }); });
  }
  state.thread->end();
  return stopped;
}

Library::Closed Library::close() {
  if (const auto stopped = stop(); stopped.has_error() && state_->options.log) {
    state_->options.log(REFOLD_ERROR, stopped.error().message);
  }
  if (!state_->mapped.is_loaded()) return state_->closed;
  state_->step("being unloaded");
  // Its destructors may touch thread_locals too, so they get a thread that ends. Where there is
  // none left to be had, this one must do.
  const auto unmap = [this] { state_->mapped.unload(); };
  if (const auto thread = OwnThread::start(); thread.has_value()) {
    (*thread)->run(unmap);
  } else {
    unmap();
  }
  state_->closed = still_mapped(state_->file) ? Closed::pinned : Closed::gone;
  return state_->closed;
}

}  // namespace refold::plugin
