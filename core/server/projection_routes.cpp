#include <algorithm>

#include "core/atproto/quote.h"
#include "core/base/bytes.h"
#include "core/base/json_writer.h"
#include "core/server/projection_json.h"
#include "core/server/query_call.h"
#include "core/server/routes.h"

namespace refold::server {

using projection::ProjectionStatus;

namespace {

constexpr std::uint64_t rows_max = 10'000;
constexpr std::uint64_t rows_standard = 100;

ParameterSpec generation_parameter() {
  return {.name = "generation",
          .kind = ValueKind::number,
          .description = "ask this generation, as it is; else the current one"};
}

Result<net::Response> list(const Services& services) {
  const auto all = all_statuses(services.projections);
  REFOLD_TRY(const log::Seq last, services.log.last());
  std::string out;
  JsonWriter json(out);
  json.open('{').field("log_last", last).key("projections").open('[');
  for (const ProjectionStatus& one : all) json.value() += projection_json(one);
  json.close(']').close('}');
  return json_response(std::move(out));
}

/// What is known of one whose views cannot be asked: the trouble of one is not that of all.
ProjectionStatus unreadable(const projection::Supervisor& supervisor, const Error& error) {
  ProjectionStatus status;
  status.record = supervisor.record();
  for (const projection::GenerationRecord& one : status.record.generations) {
    projection::GenerationStatus& generation = status.generations.emplace_back();
    generation.record = one;
    generation.refused = error;
  }
  return status;
}

Result<net::Response> show(const Services& services, const Call& call) {
  REFOLD_TRY(const auto supervisor, services.projections.find(call.place("projection")));
  REFOLD_TRY(const ProjectionStatus status, supervisor->status());
  net::Response response = json_response(projection_json(status));
  if (const auto* const now = status.current()) {
    response.headers.push_back(seq_header(now->progress.seq));
  }
  return response;
}

/// The bytes of a page token.
Result<Bytes> token_bytes(std::string_view text) {
  const auto digit = [](char one) {
    return one >= '0' && one <= '9' ? one - '0' : one >= 'a' && one <= 'f' ? one - 'a' + 10 : -1;
  };
  Bytes bytes;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    if (digit(text[at]) < 0 || digit(text[at + 1]) < 0) break;
    bytes.push_back(static_cast<std::uint8_t>(digit(text[at]) * 16 + digit(text[at + 1])));
  }
  if (2 * bytes.size() == text.size()) return bytes;
  return invalid("the parameter from: " + atproto::quoted(text) +
                 " is no place in a table; take the 'next' of the page before");
}

net::Response rows_response(const std::string& projection, const std::string& table, log::Seq seq,
                            const std::vector<std::string>& texts) {
  std::string out;
  JsonWriter json(out);
  json.open('{').field("projection", projection).field("table", table);
  json.field("seq", seq).key("rows").open('[');
  for (std::size_t at = 0; at + 1 < texts.size(); ++at) json.value() += texts[at];
  json.close(']').key("next");
  texts.empty() || texts.back().empty() ? json.null() : json.text(texts.back());
  json.close('}');
  net::Response response = json_response(std::move(out));
  response.headers.push_back(seq_header(seq));
  return response;
}

Result<Question> rows(const RouteContext& context, const Call& call) {
  const std::string& projection = call.place("projection");
  REFOLD_TRY(const auto supervisor, context.services.projections.find(projection));
  projection::RowRequest request;
  request.backwards = call.flag("backwards");
  request.count_max = call.number("limit", rows_standard);
  request.tell_next = true;
  REFOLD_TRY((request.backwards ? request.until : request.from),
             token_bytes(call.text("from").value_or("")));
  if (request.count_max == 0) return invalid("the parameter limit: 0 rows are none");
  const std::uint64_t generation = call.number("generation", 0);
  const std::string& table = call.place("table");
  REFOLD_TRY(const log::Seq seq, supervisor->applied(generation));
  Question question;
  question.what = "rows";
  question.projection = projection;
  question.ask = [=](const projection::AskerPointer& asker) {
    return supervisor->rows_for(asker, table, request, generation);
  };
  question.answer = [=](const std::vector<std::string>& texts) {
    return rows_response(projection, table, seq, texts);
  };
  return question;
}

Route on_projection(std::string path, std::string summary, const RouteContextPointer& context) {
  Route route{.method = "GET", .path = std::move(path), .summary = std::move(summary)};
  route.refusals = {404, 503, 504};
  route.projection = [](const Call& call) { return call.place("projection"); };
  let_wait(route, context->options);
  return route;
}

}  // namespace

net::Header seq_header(log::Seq seq) { return {"Refold-Seq", std::to_string(seq)}; }

void let_wait(Route& route, const ServerOptions& options) {
  const auto seconds_max =
      std::chrono::duration_cast<std::chrono::seconds>(options.wait_time_max).count();
  route.wait_time = options.wait_time;
  route.time = options.query_time;
  route.parameters.push_back(
      {.name = "min_seq",
       .kind = ValueKind::number,
       .description = "answer when the projection has applied this event; 503 if it stands still"});
  route.parameters.push_back(
      {.name = "timeout",
       .kind = ValueKind::seconds,
       .description = "how long min_seq may take, in seconds, before the answer is 504",
       .most = static_cast<std::uint64_t>(seconds_max),
       .standard = std::to_string(static_cast<double>(options.wait_time.count()) / 1000)});
}

std::vector<ProjectionStatus> all_statuses(const projection::Projections& projections) {
  std::vector<ProjectionStatus> all;
  for (const std::string& name : projections.names()) {
    const auto supervisor = projections.find(name);
    // Unloaded since.
    if (supervisor.has_error()) continue;
    auto status = (*supervisor)->status();
    if (status.has_value()) {
      all.push_back(std::move(*status));
    } else if (status.error().code != Errc::closed) {
      all.push_back(unreadable(**supervisor, status.error()));
    }
  }
  return all;
}

Result<Question> question_of(const RouteContext& context, const Call& call,
                             const std::string& projection, const std::string& query) {
  REFOLD_TRY(const auto supervisor, context.services.projections.find(projection));
  projection::OptionPairs arguments;
  for (const net::Parameter& one : call.request.parameters) {
    if (one.name == "min_seq" || one.name == "timeout" || one.name == "generation") continue;
    arguments.emplace_back(one.name, one.value);
  }
  const std::uint64_t generation = call.number("generation", 0);
  REFOLD_TRY(const log::Seq seq, supervisor->applied(generation));
  Question question;
  question.what = "query '" + query + "'";
  question.projection = projection;
  question.ask = [=, arguments = std::move(arguments)](const projection::AskerPointer& asker) {
    return supervisor->query_for(asker, query, arguments, generation);
  };
  question.answer = [seq](std::vector<std::string> texts) {
    net::Response response = json_response(std::move(texts.front()));
    response.headers.push_back(seq_header(seq));
    return response;
  };
  return question;
}

void add_projection_routes(std::vector<Route>& routes, const RouteContextPointer& context) {
  Route all{.method = "GET",
            .path = "/projections",
            .summary = "All projections: their state, how far they are, how large"};
  all.lane = "statuses";
  all.time = context->options.query_time;
  all.answer = [context](const Call&) { return list(context->services); };
  routes.push_back(std::move(all));

  Route one = on_projection("/projections/{projection}",
                            "One projection, with all its generations and tables", context);
  one.answer = [context](const Call& call) { return show(context->services, call); };
  routes.push_back(std::move(one));

  Route table = on_projection("/projections/{projection}/tables/{table}",
                              "Rows of a table, in the order of their keys", context);
  table.parameters.push_back(
      {.name = "from", .description = "where to go on: the 'next' of the page before"});
  table.parameters.push_back({.name = "limit",
                              .kind = ValueKind::number,
                              .description = "at most so many rows",
                              .most = rows_max,
                              .standard = std::to_string(rows_standard)});
  table.parameters.push_back(
      {.name = "backwards", .kind = ValueKind::flag, .description = "the last one first"});
  table.parameters.push_back(generation_parameter());
  table.question = [context](const Call& call) { return rows(*context, call); };
  routes.push_back(std::move(table));

  Route query = on_projection("/projections/{projection}/query/{query}",
                              "Ask a projection; the parameters are the query's", context);
  query.parameters.push_back(generation_parameter());
  query.other_parameters = true;
  query.question = [context](const Call& call) {
    return question_of(*context, call, call.place("projection"), call.place("query"));
  };
  routes.push_back(std::move(query));
}

}  // namespace refold::server
