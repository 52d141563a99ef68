#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/config/config.h"
#include "core/engine/logging.h"
#include "core/engine/parts.h"
#include "core/engine/projection_keeper.h"
#include "core/engine/source_keeper.h"
#include "core/index/recorder.h"
#include "core/ingest/sources.h"
#include "core/isolation/process_isolation.h"
#include "core/net/http_server.h"
#include "core/net/runtime.h"
#include "core/projection/projections.h"
#include "core/server/server.h"

namespace refold::engine {

class Engine;

struct EngineOptions {
  std::filesystem::path runner{};  ///< refold-runner; empty: where plugin::find_runner() finds it
  /// What runs the commands of `refold` that come over the control socket, in an engine whose parts
  /// are all open; empty: they are refused.
  std::function<server::RunCommand(Engine& engine)> commands{};
  /// Reads the configuration again, for a reload that is asked for over the control socket.
  std::function<Result<Config>()> read_again{};
  /// Begins to stop the engine; does not wait. Any thread. May be empty.
  std::function<void()> stop{};
};

/// A running engine: everything that is constructed, and in which order it ends. reload() and the
/// questions may be called by any thread, all else by one.
class Engine {
 public:
  /// Opens the log and the projections of config.data, listens, and follows the sources. The
  /// logging outlives it. Errors: `busy` names the process that has them, or that listens there;
  /// those of the log and the catalog.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> start(const Config& config, Logging& logging,
                                                             EngineOptions options = {});
  /// Stops what stop() has not, for as long as that takes.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Goes on with what of `now` applies at once. Returns a line for every change that says what
  /// becomes of it.
  std::vector<std::string> reload(const Config& now);

  /// reload() with what EngineOptions::read_again finds; the lines as one text. Errors: `invalid`
  /// has every problem of the configuration on a line of its own, and nothing has changed.
  [[nodiscard]] Result<std::string> reload_from_file();

  /// Stops the sources, then has the log finish what it was given, then the views, then the log.
  /// See Parts::stop().
  [[nodiscard]] std::optional<std::string> stop(const std::function<bool()>& give_up);

  [[nodiscard]] Config config() const;
  [[nodiscard]] index::Recorder& recorder() noexcept { return *recorder_; }
  [[nodiscard]] projection::Projections& projections() noexcept { return *projections_; }
  [[nodiscard]] const ProjectionKeeper& keeper() const noexcept { return *keeper_; }
  [[nodiscard]] SourceKeeper& source_keeper() noexcept { return *source_keeper_; }
  [[nodiscard]] ingest::Sources& sources() noexcept { return *sources_; }
  [[nodiscard]] server::Jobs& jobs() noexcept { return server_->jobs(); }
  /// The port of http.listen; 0: there is none.
  [[nodiscard]] std::uint16_t http_port() const noexcept { return http_ ? http_->port() : 0; }

 private:
  Engine(Config config, Logging& logging, EngineOptions options)
      : config_(std::move(config)), logging_(logging), options_(std::move(options)) {}
  [[nodiscard]] Result<void> open_log();
  [[nodiscard]] Result<void> open_projections();
  [[nodiscard]] Result<void> open_server();
  [[nodiscard]] Result<void> listen();
  void open_sources();
  [[nodiscard]] std::string metrics() const;

  mutable std::mutex config_mutex_;
  Config config_;
  std::mutex reloading_;
  Logging& logging_;
  const EngineOptions options_;
  std::unique_ptr<index::Recorder> recorder_;
  std::unique_ptr<isolation::ProcessIsolation> isolation_;
  std::unique_ptr<projection::Projections> projections_;
  std::unique_ptr<ProjectionKeeper> keeper_;
  std::unique_ptr<net::Runtime> runtime_;
  std::unique_ptr<ingest::Sources> sources_;
  std::unique_ptr<SourceKeeper> source_keeper_;
  std::unique_ptr<server::Server> server_;
  server::RunCommand run_command_;
  std::unique_ptr<net::HttpServer> control_;
  std::unique_ptr<net::HttpServer> http_;
  std::atomic<const net::HttpServer*> answering_{nullptr};  ///< http_, for those who ask it
  Parts parts_;
};

}  // namespace refold::engine
