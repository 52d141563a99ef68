#include "tests/bench/replay/engine.h"

#include <unistd.h>

#include <utility>

#include "core/view/snapshot.h"
#include "tests/bench/runs.h"

namespace refold::bench {
namespace {

namespace fs = std::filesystem;

/// What projections leave in a data folder.
constexpr const char* traces[] = {"catalog", "plugins", "projections"};

void clean(const fs::path& data) {
  std::error_code ignored;
  for (const char* const trace : traces) fs::remove_all(data / trace, ignored);
}

}  // namespace

std::chrono::steady_clock::time_point deadline() {
  return std::chrono::steady_clock::now() + std::chrono::minutes(10);
}

Result<std::unique_ptr<Engine>> Engine::open(const log::WitnessLog& log, const fs::path& library,
                                             projection::Isolation* isolation) {
  clean(log.data());
  projection::ProjectionsOptions options;
  options.probe.runner = REFOLD_RUNNER;
  options.isolation = isolation;
  std::unique_ptr<Engine> engine(new Engine(log, library));
  REFOLD_TRY(engine->projections_, projection::Projections::open(log, std::move(options)));
  return engine;
}

Engine::~Engine() {
  close();
  clean(log_.data());
}

Result<std::shared_ptr<projection::Supervisor>> Engine::load(const std::string& name,
                                                             bool keep_warm) {
  projection::LoadRequest request;
  request.library = library_;
  request.projection = name;
  request.keep_warm = keep_warm;
  REFOLD_CHECK(projections_->load(request));
  return projections_->find(name);
}

Result<Outcome> Engine::outcome(const std::string& name, std::uint64_t generation,
                                log::Seq seq) const {
  const fs::path folder = log_.data() / "projections" / name / std::to_string(generation);
  REFOLD_TRY(const auto view, view::View::open_reader(folder));
  REFOLD_TRY(const view::Snapshot snapshot, view::Snapshot::open(*view));
  REFOLD_TRY(const auto tables, snapshot.recount());
  if (tables != snapshot.stat().tables || snapshot.checkpoint().seq != seq) {
    return Error{Errc::corrupt, "the view of '" + name + "' is at seq " +
                                    std::to_string(snapshot.checkpoint().seq) + " instead of " +
                                    std::to_string(seq) + ", or miscounts its rows"};
  }
  return Outcome{tables.front().rows, tables.front().digest};
}

Result<Folded> fold_by_engine(const log::WitnessLog& log, const fs::path& library,
                              const std::string& projection, projection::Isolation* isolation) {
  REFOLD_TRY(const log::Seq last, log.last());
  REFOLD_TRY(const auto engine, Engine::open(log, library, isolation));
  REFOLD_TRY(auto supervisor, engine->load(projection));
  REFOLD_CHECK(supervisor->pause());
  REFOLD_CHECK(supervisor->reset());
  ::sync();  // nobody pays for what another has left to be written
  Folded folded;
  Stopwatch watch;
  watch.start();
  REFOLD_CHECK(supervisor->resume());
  REFOLD_CHECK(supervisor->wait(last, deadline()));
  watch.stop();
  folded.seconds = watch.seconds();
  const std::uint64_t generation = supervisor->record().current;
  supervisor.reset();
  engine->close();
  REFOLD_TRY(folded.outcome, engine->outcome(projection, generation, last));
  return folded;
}

}  // namespace refold::bench
