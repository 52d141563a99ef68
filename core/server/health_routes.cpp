#include "core/atproto/quote.h"
#include "core/base/json_writer.h"
#include "core/server/metrics.h"
#include "core/server/projection_json.h"
#include "core/server/query_call.h"
#include "core/server/routes.h"

namespace refold::server {

using projection::ProjectionStatus;

namespace {

constexpr const char* metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// Why nothing good can be expected of the engine; empty: it is ready.
std::vector<std::string> reasons_of(const Services& services) {
  std::vector<std::string> reasons;
  if (services.not_ready) reasons = services.not_ready();
  if (const auto last = services.log.last(); last.has_error()) {
    reasons.push_back(last.error().message);
  }
  return reasons;
}

/// What is wrong with a projection; empty: nothing. It is no reason for the others.
std::string trouble_of(const ProjectionStatus& status) {
  const std::string_view state = status.state();
  if (state == "live") return "";
  const std::string why = why_it_stands(status);
  return "'" + status.record.name + "' is " + std::string(state) + (why.empty() ? "" : ": " + why);
}

void write_sentences(JsonWriter& json, std::string_view key,
                     const std::vector<std::string>& texts) {
  json.key(key).open('[');
  for (const std::string& one : texts) json.text(one);
  json.close(']');
}

Result<net::Response> ready(const Services& services, const Call& call) {
  std::vector<std::string> reasons = reasons_of(services);
  std::vector<std::string> notes;
  if (services.notes) notes = services.notes();
  const std::vector<std::string> wanted = call.all("projection");
  for (const std::string& name : wanted) REFOLD_CHECK(services.projections.find(name));
  for (const ProjectionStatus& one : all_statuses(services.projections)) {
    std::string trouble = trouble_of(one);
    if (trouble.empty()) continue;
    const bool asked = std::find(wanted.begin(), wanted.end(), one.record.name) != wanted.end();
    (asked ? reasons : notes).push_back(std::move(trouble));
  }
  net::Response response;
  response.status = reasons.empty() ? 200 : 503;
  JsonWriter json(response.body);
  json.open('{').key("ready").boolean(reasons.empty());
  write_sentences(json, "reasons", reasons);
  write_sentences(json, "notes", notes);
  json.close('}');
  return response;
}

Result<net::Response> metrics(const RouteContext& context) {
  std::string text;
  REFOLD_TRY(const log::LogStat stat, context.services.log.stat());
  append_metrics(text, stat);
  append_metrics(text, all_statuses(context.services.projections));
  context.server.counts().append_to(text);
  Metric(text, "refold_http_waiting", "gauge", "Requests that wait for a seq.")
      .add({}, static_cast<std::uint64_t>(context.server.waiters().waiting()));
  if (context.services.metrics) text += context.services.metrics();
  return json_response(std::move(text));
}

}  // namespace

void add_health_routes(std::vector<Route>& routes, const RouteContextPointer& context) {
  Route health{.method = "GET", .path = "/healthz", .summary = "Whether the engine answers at all"};
  health.answer = [](const Call&) -> Result<net::Response> {
    return json_response(R"({"status":"ok"})");
  };
  routes.push_back(std::move(health));

  Route readiness{.method = "GET",
                  .path = "/readyz",
                  .summary =
                      "Whether it is ready: 200, or 503 with the reasons. What is wrong with "
                      "projections, and what sources have lost, is in the notes"};
  readiness.parameters = {{.name = "projection",
                           .description = "what is wrong with this one is a reason, too",
                           .repeated = true}};
  readiness.refusals = {404};
  readiness.also = {503};
  readiness.lane = "statuses";
  readiness.time = context->options.query_time;
  readiness.answer = [context](const Call& call) { return ready(context->services, call); };
  routes.push_back(std::move(readiness));

  Route scrape{
      .method = "GET", .path = "/metrics", .summary = "Metrics, in Prometheus' text format"};
  scrape.gives = metrics_type;
  scrape.lane = "statuses";
  scrape.time = context->options.query_time;
  scrape.answer = [context](const Call&) { return metrics(*context); };
  routes.push_back(std::move(scrape));

  Route document{.method = "GET", .path = "/openapi.json", .summary = "This document"};
  document.answer = [context](const Call&) -> Result<net::Response> {
    return json_response(context->server.openapi());
  };
  routes.push_back(std::move(document));
}

}  // namespace refold::server
