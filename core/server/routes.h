#pragma once

#include <vector>

#include "core/server/server.h"

namespace refold::server {

/// What routes are made over. Lives as long as the routes do.
struct RouteContext {
  Server& server;
  const Services& services;
  const ServerOptions options;
};
using RouteContextPointer = std::shared_ptr<const RouteContext>;

/// Each adds the routes of one kind (docs/http.md).
void add_projection_routes(std::vector<Route>& routes, const RouteContextPointer& context);
void add_xrpc_routes(std::vector<Route>& routes, const RouteContextPointer& context);
void add_log_routes(std::vector<Route>& routes, const RouteContextPointer& context);
void add_health_routes(std::vector<Route>& routes, const RouteContextPointer& context);
void add_admin_routes(std::vector<Route>& routes, const RouteContextPointer& context);
void add_work_routes(std::vector<Route>& routes, const RouteContextPointer& context);
void add_job_routes(std::vector<Route>& routes, const RouteContextPointer& context);
void add_command_routes(std::vector<Route>& routes, const RouteContextPointer& context);

/// Has a route wait for a seq of its projection, and then have the time of a query.
void let_wait(Route& route, const ServerOptions& options);

/// How all projections are, by name; one whose views cannot be read is refused for that.
[[nodiscard]] std::vector<projection::ProjectionStatus> all_statuses(
    const projection::Projections& projections);

/// An OpenAPI document over these.
[[nodiscard]] std::string openapi_json(const std::vector<Route>& routes);

}  // namespace refold::server
