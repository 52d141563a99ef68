#include "core/server/server.h"

#include <utility>

#include "core/server/routes.h"
#include "core/server/statuses.h"

namespace refold::server {

namespace {

using Clock = std::chrono::steady_clock;

net::Response stopping_response() {
  return refusal(503, name(Errc::closed), "the engine is stopping");
}

void send_error(const Call& call, Reply& reply, const Error& error) {
  reply.send(error_response(error, is_xrpc(call.request.path)));
}

Error too_late(const Route& route) {
  return {Errc::timeout, "it did not have its turn within " + std::to_string(route.time.count()) +
                             " ms: what came before it takes too long"};
}

}  // namespace

Server::Server(Services services, ServerOptions options, const ServerLimits& limits)
    : services_(std::move(services)),
      options_(std::move(options)),
      router_(make_router(options_)),
      jobs_(limits.jobs),
      streams_(limits.streams_max),
      command_threads_(limits.commands_max),
      lanes_(limits.lanes),
      askers_(limits.asking_max),
      waiters_(services_.projections, limits.waiters_max) {}

Server::~Server() { stop(); }

void Server::stop() {
  stopping_ = true;
  jobs_.cancel_all();
  services_.log.wake();
}

Server::RouterPointer Server::make_router(const ServerOptions& options) {
  const auto context =
      std::make_shared<const RouteContext>(RouteContext{*this, services_, options});
  std::vector<Route> routes;
  add_projection_routes(routes, context);
  add_xrpc_routes(routes, context);
  add_log_routes(routes, context);
  add_health_routes(routes, context);
  add_admin_routes(routes, context);
  add_work_routes(routes, context);
  add_job_routes(routes, context);
  add_command_routes(routes, context);
  return std::make_shared<const Router>(std::move(routes), options.router);
}

void Server::configure(ServerOptions options) {
  RouterPointer router = make_router(options);
  const std::lock_guard lock(router_mutex_);
  options_ = std::move(options);
  router_ = std::move(router);
}

Server::RouterPointer Server::router() const {
  const std::lock_guard lock(router_mutex_);
  return router_;
}

std::string Server::openapi() const { return openapi_json(router()->routes()); }

void Server::handle(net::Request request, ReplyPointer reply) {
  const RouterPointer now = router();
  const auto counted = counts_.counted(std::move(reply));
  now->handle(std::move(request), counted,
              [&](const Route& route, const CallPointer& call, const ReplyPointer& to) {
                // A stop needs no more than what it is asked for.
                if (stopping_) return to->send(stopping_response());
                counted->give_to(counts_.route(route.method + " " + route.path));
                run(now, route, call, to);
              });
}

/// First the wait for the seq that was asked for, on no thread.
void Server::run(const RouterPointer& router, const Route& route, const CallPointer& call,
                 const ReplyPointer& reply) {
  if (route.wait_time.count() == 0 || !call->text("min_seq"))
    return perform(router, route, call, reply);
  const auto standard = std::chrono::duration<double>(route.wait_time);
  const std::chrono::duration<double> time(call->seconds("timeout").value_or(standard.count()));
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
  waiters_.wait(route.projection(*call), call->number("min_seq", 0), deadline,
                [this, router, &route, call, reply](const Result<void>& there) {
                  if (there.has_error()) return send_error(*call, *reply, there.error());
                  perform(router, route, call, reply);
                });
}

void Server::perform(const RouterPointer& router, const Route& route, const CallPointer& call,
                     const ReplyPointer& reply) {
  if (route.stream) return start_stream(router, route, call, reply);
  if (route.time.count() > 0) call->deadline = Clock::now() + route.time;
  // To find another generation than the current one may have to wait for a command.
  if (route.question && !call->text("generation")) return ask(route, *call, reply);
  // The router keeps the route.
  const auto answer = [this, router, &route, call, reply] {
    if (reply->gone()) return;
    if (Clock::now() >= call->deadline) return send_error(*call, *reply, too_late(route));
    if (route.question) return ask(route, *call, reply);
    auto response = route.answer(*call);
    if (response.has_error()) return send_error(*call, *reply, response.error());
    response->content_type = route.gives;
    if (response->status == 200) response->status = route.status;
    reply->send(std::move(*response));
  };
  if (!route.projection && route.lane.empty()) return answer();
  if (lanes_.run(route.projection ? route.projection(*call) : std::string(route.lane), answer))
    return;
  send_error(*call, *reply,
             {Errc::busy, "too many requests of this kind wait already; try again later"});
}

void Server::ask(const Route& route, const Call& call, const ReplyPointer& reply) {
  auto question = route.question(call);
  if (question.has_error()) return send_error(call, *reply, question.error());
  askers_.ask(std::move(*question), call.deadline, reply, is_xrpc(call.request.path));
}

void Server::start_stream(const RouterPointer& router, const Route& route, const CallPointer& call,
                          const ReplyPointer& reply) {
  Threads& threads = call->request.local ? command_threads_ : streams_;
  const bool started = threads.run([router, &route, call, reply] { route.stream(*call, *reply); });
  if (started) return;
  send_error(*call, *reply, {Errc::busy, "too many streams are open already; try again later"});
}

}  // namespace refold::server
