#include "core/atproto/quote.h"
#include "core/base/json_writer.h"
#include "core/base/sha256_text.h"
#include "core/server/projection_json.h"
#include "core/server/query_call.h"
#include "core/server/routes.h"

namespace refold::server {

using projection::Done;
using projection::Supervisor;

namespace {

Result<net::Response> done_response(const Done& done) {
  std::string out;
  JsonWriter json(out);
  json.open('{').key("changed").boolean(done.changed).field("said", done.said);
  if (!done.projection.empty()) json.field("projection", done.projection);
  json.close('}');
  return json_response(std::move(out));
}

/// A command: it changes something, and what it does may take a moment.
Route command(std::string path, std::string summary) {
  Route route{.method = "POST", .path = std::move(path), .summary = std::move(summary)};
  route.access = Access::admin;
  route.lane = "admin";
  route.refusals = {404, 503, 504};
  return route;
}

using Verb = Result<Done> (*)(Supervisor& supervisor, const Call& call);

void add_verb(std::vector<Route>& routes, const RouteContextPointer& context,
              const std::string& verb, const std::string& summary, Verb perform,
              std::vector<ParameterSpec> parameters = {}) {
  Route route = command("/admin/projections/{projection}/" + verb, summary);
  route.parameters = std::move(parameters);
  route.answer = [context, perform](const Call& call) -> Result<net::Response> {
    REFOLD_TRY(const auto supervisor, context->services.projections.find(call.place("projection")));
    REFOLD_TRY(const Done done, perform(*supervisor, call));
    return done_response(done);
  };
  routes.push_back(std::move(route));
}

template <Result<Done> (Supervisor::*Command)()>
Result<Done> plainly(Supervisor& supervisor, const Call& /*call*/) {
  return (supervisor.*Command)();
}

Result<Done> skip(Supervisor& supervisor, const Call& call) {
  return supervisor.skip(call.number("seq", 0));
}

Result<Done> keep_warm(Supervisor& supervisor, const Call& call) {
  return supervisor.keep_warm(call.flag("keep"));
}

void add_verbs(std::vector<Route>& routes, const RouteContextPointer& context) {
  add_verb(routes, context, "pause", "Nothing of it folds until it is resumed",
           plainly<&Supervisor::pause>);
  add_verb(routes, context, "resume", "It folds again", plainly<&Supervisor::resume>);
  add_verb(routes, context, "retry", "Try the event again that it failed at",
           plainly<&Supervisor::retry>);
  add_verb(
      routes, context, "skip", "Pass over the event that it failed at", skip,
      {{.name = "seq", .kind = ValueKind::number, .description = "the event", .required = true}});
  add_verb(routes, context, "cancel", "Drop what is being built", plainly<&Supervisor::cancel>);
  add_verb(routes, context, "reset", "Empty it at once, and rebuild it in place",
           plainly<&Supervisor::reset>);
  add_verb(routes, context, "promote", "Make what is ready the current generation",
           plainly<&Supervisor::promote>);
  add_verb(routes, context, "rollback", "Make the generation before the current one again",
           plainly<&Supervisor::rollback>);
  add_verb(routes, context, "prune", "Delete retired generations", plainly<&Supervisor::prune>);
  add_verb(routes, context, "keep-warm", "Whether what is retired goes on folding", keep_warm,
           {{.name = "keep", .kind = ValueKind::flag, .description = "whether", .required = true}});
}

Result<projection::LibraryTerms> terms_of(const Call& call) {
  projection::LibraryTerms terms;
  if (const auto text = call.text("sha256")) {
    terms.sha256 = sha256_of_text(*text);
    if (!terms.sha256) {
      return invalid("the parameter sha256: " + atproto::quoted(*text) +
                     " is not 64 digits, 0-9 and a-f");
    }
  }
  const auto where = call.text("isolation");
  if (!where) return terms;
  for (const auto one : {projection::RunsIn::thread, projection::RunsIn::process}) {
    if (*where == name(one)) terms.runs_in = one;
  }
  if (terms.runs_in) return terms;
  return invalid("the parameter isolation: " + atproto::quoted(*where) +
                 " is neither thread nor process");
}

Result<projection::OptionPairs> options_of(const Call& call) {
  projection::OptionPairs pairs;
  for (const std::string& text : call.all("option")) {
    const auto sign = text.find('=');
    if (sign == std::string::npos || sign == 0) {
      return invalid("the parameter option: " + atproto::quoted(text) + " is not NAME=VALUE");
    }
    pairs.emplace_back(text.substr(0, sign), text.substr(sign + 1));
  }
  return pairs;
}

Result<net::Response> load(projection::Projections& projections, const Call& call) {
  projection::LoadRequest request;
  request.name = call.text("name").value_or("");
  request.library = std::string(call.text("library").value_or(""));
  request.projection = call.text("projection").value_or("");
  REFOLD_TRY(request.options, options_of(call));
  request.keep_warm = call.flag("keep_warm");
  REFOLD_TRY(request.terms, terms_of(call));
  REFOLD_TRY(const Done done, projections.load(request));
  return done_response(done);
}

Result<net::Response> upgrade(projection::Projections& projections, const Call& call) {
  REFOLD_TRY(auto pairs, options_of(call));
  std::optional<projection::OptionPairs> options;
  if (!pairs.empty()) options = std::move(pairs);
  REFOLD_TRY(const auto terms, terms_of(call));
  REFOLD_TRY(const Done done, projections.upgrade(call.place("projection"),
                                                  std::string(call.text("library").value_or("")),
                                                  options, call.flag("hold"), terms));
  return done_response(done);
}

std::vector<ParameterSpec> library_parameters(bool required) {
  return {{.name = "library",
           .description = "the plugin's file, as the engine finds it",
           .required = required},
          {.name = "option", .description = "NAME=VALUE, of the projection", .repeated = true},
          {.name = "sha256", .description = "that the file must have"},
          {.name = "isolation", .description = "where it runs: thread or process"}};
}

void add_plugins(std::vector<Route>& routes, const RouteContextPointer& context) {
  projection::Projections& projections = context->services.projections;
  for (const bool whole : {false, true}) {
    Route list{.method = "GET",
               .path = whole ? "/admin/plugins" : "/plugins",
               .summary = whole ? "The plugins that are loaded, from where, and those that were "
                                  "refused, with the reasons"
                                : "The plugins that are loaded, and what they offer"};
    if (whole) list.access = Access::admin;
    list.lane = "statuses";
    list.answer = [&projections, whole](const Call&) -> Result<net::Response> {
      REFOLD_TRY(const auto contents, projections.contents());
      return json_response(whole ? plugins_json(contents) : public_plugins_json(contents));
    };
    routes.push_back(std::move(list));
  }

  Route loading =
      command("/admin/plugins/load", "Load a plugin's projection, and have it built from the log");
  loading.parameters = library_parameters(true);
  loading.parameters.push_back({.name = "name", .description = "what it is called here"});
  loading.parameters.push_back(
      {.name = "projection", .description = "which of those that the plugin offers"});
  loading.parameters.push_back({.name = "keep_warm",
                                .kind = ValueKind::flag,
                                .description = "let what it replaces go on folding"});
  loading.answer = [&projections](const Call& call) { return load(projections, call); };
  routes.push_back(std::move(loading));

  Route other = command("/admin/projections/{projection}/upgrade",
                        "Give a projection other code, or other options");
  other.parameters = library_parameters(false);
  other.parameters.push_back({.name = "hold",
                              .kind = ValueKind::flag,
                              .description = "if it is built anew, stop before the promotion"});
  other.answer = [&projections](const Call& call) { return upgrade(projections, call); };
  routes.push_back(std::move(other));

  Route gone =
      command("/admin/projections/{projection}/unload", "Remove a projection and all its rows");
  gone.answer = [&projections](const Call& call) -> Result<net::Response> {
    REFOLD_TRY(const Done done, projections.unload(call.place("projection")));
    return done_response(done);
  };
  routes.push_back(std::move(gone));
}

void add_engine(std::vector<Route>& routes, const RouteContextPointer& context) {
  Route reload = command("/admin/reload", "Read the configuration again");
  reload.answer = [context](const Call&) -> Result<net::Response> {
    if (!context->services.reload) {
      return Error{Errc::unsupported, "this engine has no configuration to read again"};
    }
    REFOLD_TRY(std::string said, context->services.reload());
    return done_response({true, std::move(said), {}});
  };
  routes.push_back(std::move(reload));

  Route stop = command("/admin/stop", "Stop the engine, in good order");
  stop.answer = [context](const Call&) -> Result<net::Response> {
    if (!context->services.stop) {
      return Error{Errc::unsupported, "this engine is stopped with the program that it is in"};
    }
    context->services.stop();
    return done_response({true, "the engine is stopping", {}});
  };
  routes.push_back(std::move(stop));
}

}  // namespace

void add_admin_routes(std::vector<Route>& routes, const RouteContextPointer& context) {
  add_verbs(routes, context);
  add_plugins(routes, context);
  add_engine(routes, context);
}

}  // namespace refold::server
