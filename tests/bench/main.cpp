#include <CLI/CLI.hpp>
#include <cstdio>

#include "core/base/memory.h"
#include "tests/bench/generate.h"
#include "tests/bench/ingest/ingest_bench.h"
#include "tests/bench/log/log_bench.h"
#include "tests/bench/log/memory_probe.h"
#include "tests/bench/replay/replay_bench.h"

namespace {

namespace bench = refold::bench;

/// Adds a command that runs `work(options)` and leaves its outcome in `status`.
template <class Options>
CLI::App& add_command(CLI::App& app, int& status, const char* name, const char* what,
                      Options& options, refold::Result<void> (*work)(const Options&)) {
  CLI::App* const command = app.add_subcommand(name, what);
  command->callback([&status, &options, work] {
    const auto result = work(options);
    if (result.has_value()) return;
    std::fprintf(stderr, "refold-bench: %s\n", result.error().message.c_str());
    status = 1;
  });
  return *command;
}

template <class Options>
void add_traffic_options(CLI::App& command, Options& options) {
  command.add_option("--events", options.events, "How many events")->capture_default_str();
  command.add_option("--seed", options.seed, "Another seed, other events")->capture_default_str();
}

void add_bench_options(CLI::App& command, bench::BenchOptions& options) {
  add_traffic_options(command, options);
  command.add_option("--runs", options.runs, "How often; medians are reported")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command.add_option("--folder", options.folder, "Where to write (on the disk to be measured)")
      ->capture_default_str();
  command.add_option("--only", options.only, "One row, by its name");
  auto* const json = command.add_flag("--json", options.json, "One JSON object a row");
  command.add_flag("--markdown", options.markdown, "The table of docs/benchmarks.md")
      ->excludes(json);
}

}  // namespace

int main(int argc, char** argv) {
  refold::give_back_large_buffers();
  CLI::App app{"Refold's benchmarks, beside its peers. See tests/bench/README.md."};
  app.require_subcommand(1);
  int status = 0;

  bench::GenerateOptions traffic;
  CLI::App& generate =
      add_command(app, status, "generate", "Write synthetic traffic", traffic, bench::generate);
  add_traffic_options(generate, traffic);
  generate.add_option("--output", traffic.output, "File (default: standard output)");
  generate
      .add_option("--form", traffic.form,
                  "lines, of a Jetstream; or frames of a firehose, each behind its length")
      ->capture_default_str()
      ->check(CLI::IsMember({"lines", "frames"}));
  add_traffic_options(add_command(app, status, "describe", "Tell what the traffic is made of",
                                  traffic, bench::describe),
                      traffic);

  bench::BenchOptions measured;
  measured.folder = std::filesystem::temp_directory_path() / "refold-bench";
  add_bench_options(add_command(app, status, "log", "The witness log beside its peers", measured,
                                bench::bench_log),
                    measured);
  add_bench_options(
      add_command(app, status, "ingest", "From the bytes of a stream to a durable log", measured,
                  bench::bench_ingest),
      measured);
  add_bench_options(add_command(app, status, "replay", "Projections built from a log", measured,
                                bench::bench_replay),
                    measured);

  bench::MemoryProbeOptions probe;
  CLI::App& memory = add_command(app, status, "memory-probe", "What `log` starts to measure memory",
                                 probe, bench::probe_memory);
  memory.group("");  // not in the help
  memory.add_option("--prepared", probe.events)->required();
  memory.add_option("--folder", probe.folder)->required();

  CLI11_PARSE(app, argc, argv);
  return status;
}
