#include <charconv>

#include "core/base/characters.h"
#include "core/server/routes.h"
#include "core/server/statuses.h"

namespace refold::server {

namespace {

constexpr const char* frames_type = "application/octet-stream";
constexpr std::size_t shown_bytes_max = 200;

/// The command line, for lists of jobs.
std::string shown(const CommandRequest& request) {
  std::string text;
  for (const std::string& one : request.arguments) {
    text += (text.empty() ? "" : " ") + one;
    if (text.size() > shown_bytes_max) break;
  }
  return escaped(text.substr(0, shown_bytes_max));
}

void run_command(const RouteContext& context, const Call& call, Reply& reply) {
  Server& server = context.server;
  if (!context.services.run_command) {
    return reply.send(error_response({Errc::unsupported, "this engine runs no commands"}));
  }
  const auto request = decode_command(call.request.body);
  if (request.has_error()) return reply.send(error_response(request.error()));
  const auto job = server.jobs().add(shown(*request), "command line");
  if (job.has_error()) return reply.send(error_response(job.error()));
  const std::uint64_t id = (*job)->status().id;
  const auto channel = std::make_shared<CommandChannel>(
      reply.stream({200, frames_type, {}, frame(FrameKind::started, std::to_string(id))}), *job);
  server.commands().add(id, channel);
  const auto perform = [&](Job&) -> Result<std::string> {
    const int status = context.services.run_command(*request, *channel);
    channel->end(status);
    if (status == 0) return std::string{};
    return Error{(*job)->cancelled() ? Errc::closed : Errc::invalid,
                 "exit status " + std::to_string(status)};
  };
  server.jobs().run(*job, perform, [&] { return channel->stays(); });
  server.commands().remove(id);
}

Route of_command(std::string path, std::string summary) {
  Route route{.method = "POST", .path = std::move(path), .summary = std::move(summary)};
  route.access = Access::local;
  route.takes = frames_type;
  return route;
}

Result<std::shared_ptr<CommandChannel>> channel_of(Server& server, const Call& call) {
  const std::string& text = call.place("job");
  std::uint64_t id = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), id);
  return server.commands().find(id);
}

}  // namespace

void add_command_routes(std::vector<Route>& routes, const RouteContextPointer& context) {
  Route run = of_command("/control/commands", "Run a command of 'refold' in the engine");
  run.gives = frames_type;
  run.stream = [context](const Call& call, Reply& reply) { run_command(*context, call, reply); };
  routes.push_back(std::move(run));

  Route input = of_command("/control/commands/{job}/input", "Standard input for a command");
  input.answer = [context](const Call& call) -> Result<net::Response> {
    REFOLD_TRY(const auto channel, channel_of(context->server, call));
    channel->give(call.request.body);
    return json_response("{}");
  };
  routes.push_back(std::move(input));

  Route interrupt = of_command("/control/commands/{job}/interrupt", "Ctrl-C");
  interrupt.answer = [context](const Call& call) -> Result<net::Response> {
    REFOLD_TRY(const auto channel, channel_of(context->server, call));
    channel->interrupt();
    return json_response("{}");
  };
  routes.push_back(std::move(interrupt));
}

}  // namespace refold::server
