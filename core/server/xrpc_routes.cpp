#include "core/atproto/quote.h"
#include "core/server/query_call.h"
#include "core/server/routes.h"
#include "core/server/statuses.h"

namespace refold::server {

void add_xrpc_routes(std::vector<Route>& routes, const RouteContextPointer& context) {
  for (const XrpcQuery& mapped : context->options.xrpc) {
    Route route{.method = "GET",
                .path = "/xrpc/" + mapped.nsid,
                .summary = "The query '" + mapped.query + "' of '" + mapped.projection + "'"};
    route.refusals = {404, 503, 504};
    route.projection = [name = mapped.projection](const Call&) { return name; };
    let_wait(route, context->options);
    route.other_parameters = true;
    route.question = [context, mapped](const Call& call) {
      return question_of(*context, call, mapped.projection, mapped.query);
    };
    routes.push_back(std::move(route));
  }

  Route others{.method = "GET",
               .path = "/xrpc/{nsid}",
               .summary = "What the configuration maps to no query: 501"};
  others.other_parameters = true;
  others.refusals = {501};
  others.answer = [](const Call& call) -> Result<net::Response> {
    return refusal(
        501, "MethodNotImplemented",
        "no query is mapped to " + atproto::quoted(call.place("nsid")) + " in the configuration");
  };
  routes.push_back(std::move(others));
}

}  // namespace refold::server
