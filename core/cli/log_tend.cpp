#include <chrono>

#include "core/base/json_writer.h"
#include "core/cli/commands.h"
#include "core/cli/console.h"
#include "core/cli/declare.h"
#include "core/cli/existing_log.h"
#include "core/cli/text.h"
#include "core/index/index.h"
#include "core/index/recorder.h"
#include "core/log/limits.h"
#include "core/log/witness_log.h"

namespace refold::cli {

namespace {

Result<Exit> run_seal(Context& context) {
  console().stay();
  REFOLD_TRY(const auto recorder, open_existing(context));
  REFOLD_TRY(const std::uint64_t sealed, recorder->seal());
  REFOLD_TRY(const log::LogStat stat, recorder->log().stat());
  const std::uint64_t left = stat.last - stat.sealed_last;
  if (context.json) {
    std::string out;
    JsonWriter(out).open('{').field("sealed", sealed).field("left", left).close('}');
    context.out.line(out);
  } else {
    context.out.line("sealed " + counted(sealed, "event") + "; " + grouped(left) +
                     " stay in the tail (a chunk is " + grouped(log::chunk_events) + " events)");
  }
  return Exit::ok;
}

Result<void> reindex(const Context& context) {
  if (context.engine != nullptr) return context.engine->recorder.reindex();
  // No recorder: it would use the old index, and fail where that is damaged.
  REFOLD_TRY(const auto log, open_existing_log(context.data));
  return index::Index::rebuild(*log);
}

Result<Exit> run_reindex(Context& context) {
  console().stay();
  const auto started = std::chrono::steady_clock::now();
  REFOLD_CHECK(reindex(context));
  REFOLD_TRY(const auto log, open_log(context));
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - started;
  REFOLD_TRY(const log::Seq last, log->last());
  if (context.json) {
    std::string out;
    JsonWriter json(out);
    json.open('{').field("events", last).key("seconds").decimal(time.count()).close('}');
    context.out.line(out);
  } else {
    context.out.line("built the index anew from " + counted(last, "event") + " in " +
                     duration_text(time.count()));
  }
  return Exit::ok;
}

}  // namespace

void add_seal(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "seal", "turn the tail into segments, now", "refold log seal");
  declare_json(command, commands.context);
  choose(command, commands, run_seal);
}

void add_reindex(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "reindex", "build the index anew from the log", "refold log reindex");
  declare_json(command, commands.context);
  choose(command, commands, run_reindex);
}

}  // namespace refold::cli
