#include <chrono>
#include <memory>
#include <sstream>
#include <thread>

#include "core/base/json_writer.h"
#include "core/base/lock.h"
#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/engine_client.h"
#include "core/cli/signals.h"
#include "core/cli/text.h"
#include "core/net/http_client.h"

namespace refold::cli {

namespace {

Error no_engine(const Context& context) {
  return {Errc::not_found, "no engine runs over " + context.data.string()};
}

Result<Exit> run_reload(Context& context) {
  if (context.engine == nullptr || !context.engine->reload) return no_engine(context);
  REFOLD_TRY(const std::string said, context.engine->reload());
  if (context.json) {
    std::string out;
    JsonWriter(out).open('{').field("said", said).close('}');
    context.out.line(out);
  } else {
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) context.out.line(escaped_once(line));
  }
  return Exit::ok;
}

/// Until the engine has given the log back: the next one can start then.
Result<Exit> wait_for_the_end(Context& context) {
  const Interruption interruption;
  const std::filesystem::path lock = context.data / "log" / "writer.lock";
  for (;;) {
    const auto taken = WriterLock::take(lock);
    if (taken.has_value()) break;
    if (taken.error().code != Errc::busy) return taken.error();
    if (Interruption::requested()) return Exit::interrupted;
    std::this_thread::sleep_for(Interruption::patience);
  }
  context.out.line(context.json ? R"({"stopped":true})" : "the engine has stopped");
  return Exit::ok;
}

/// Here, not in the engine: it is to be over when the command is.
Result<Exit> run_stop(Context& context) {
  if (!engine_runs(context.data)) return no_engine(context);
  net::Runtime runtime(1);
  net::HttpClientOptions client;
  client.local_socket = control_socket(context.data);
  net::Ask ask;
  ask.method = "POST";
  ask.url = {"http", "localhost", 80, "/admin/stop"};
  REFOLD_TRY(const net::Answer answer, net::HttpClient(runtime, client).send(ask));
  if (answer.status != 200) {
    return Error{Errc::unsupported, "the engine does not stop: " + answer.body};
  }
  return wait_for_the_end(context);
}

}  // namespace

void add_reload(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "reload", "have the engine read its configuration again",
              "refold reload\n\nAs SIGHUP does. If the configuration is wrong, nothing changes.");
  declare_json(command, commands.context);
  choose(command, commands, run_reload);
}

void add_stop(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "stop", "stop the engine in good order, and wait for its end",
              "refold stop\n\nAs SIGTERM does. Ctrl-C only ends the waiting.");
  declare_json(command, commands.context);
  command->callback([commands] { commands.chosen = run_stop; });
}

}  // namespace refold::cli
