#include <charconv>
#include <chrono>

#include "core/atproto/quote.h"
#include "core/base/json_writer.h"
#include "core/log/reader.h"
#include "core/server/event_json.h"
#include "core/server/log_json.h"
#include "core/server/query_call.h"
#include "core/server/routes.h"
#include "core/server/statuses.h"

namespace refold::server {

namespace {

constexpr std::uint64_t events_max = 10'000;
constexpr std::uint64_t events_standard = 100;
constexpr std::size_t page_bytes_max = std::size_t{16} << 20;
constexpr std::size_t piece_bytes = std::size_t{64} << 10;
/// How long a follower that has nothing to say does not notice that nobody listens.
constexpr std::chrono::milliseconds follow_time{200};

std::vector<ParameterSpec> filter_parameters() {
  return {{.name = "did", .description = "of this account only", .repeated = true},
          {.name = "collection",
           .description = "of this collection only: an NSID, or a prefix 'ns.*'",
           .repeated = true},
          {.name = "kind",
           .description = "of this kind only: create, update, delete, identity, account, sync, gap",
           .repeated = true},
          {.name = "history",
           .kind = ValueKind::flag,
           .description = "everything as it was witnessed: late, redacted and unchanged ones too"}};
}

Result<log::Matcher> matcher_of(const Call& call) {
  log::Filter filter;
  filter.dids = call.all("did");
  filter.collections = call.all("collection");
  for (const std::string& text : call.all("kind")) {
    REFOLD_TRY(const log::Kind kind, kind_of(text));
    filter.kinds.push_back(kind);
  }
  filter.history = call.flag("history");
  return log::Matcher::make(std::move(filter));
}

/// A page of events, and where the next one starts. What a filter leaves out is read all the same:
/// at the deadline the page ends, however few it has.
Result<net::Response> events(const RouteContext& context, const Call& call) {
  const log::WitnessLog& log = context.services.log;
  REFOLD_TRY(auto matcher, matcher_of(call));
  std::uint64_t left = call.number("limit", events_standard);
  if (left == 0) return invalid("the parameter limit: 0 events are none");
  REFOLD_TRY(const log::Seq last, log.last());
  log::Seq next = std::max<std::uint64_t>(1, call.number("from", 1));
  log::Reader reader(log, next, std::move(matcher));
  std::string out;
  JsonWriter json(out);
  json.open('{').key("events").open('[');
  log::Page page;
  while (left > 0 && out.size() < page_bytes_max) {
    REFOLD_TRY(const bool more, reader.next(page));
    if (!more) break;
    for (const log::Event& event : page.events) {
      if (left == 0 || out.size() >= page_bytes_max) break;
      REFOLD_CHECK(append_event_json(json.value(), event));
      next = event.seq + 1;
      --left;
    }
    if (left > 0 && out.size() < page_bytes_max) next = page.next;
    if (std::chrono::steady_clock::now() >= call.deadline) break;
  }
  json.close(']').field("next", next).field("log_last", last).close('}');
  return json_response(std::move(out));
}

Result<net::Response> event(const log::WitnessLog& log, const Call& call) {
  const std::string& text = call.place("seq");
  log::Seq seq = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
    return invalid(atproto::quoted(text) + " is not a seq: a whole number");
  }
  log::Page page;
  REFOLD_CHECK(log.get(seq, page));
  std::string out;
  REFOLD_CHECK(append_event_json(out, page.events.front()));
  return json_response(std::move(out));
}

/// Sends what there is. False once nobody reads.
Result<bool> send_rest(Server& server, log::Reader& reader, Stream& stream) {
  log::Page page;
  std::string piece;
  while (!server.stopping()) {
    REFOLD_TRY(const bool more, reader.next(page));
    if (!more) return true;
    for (const log::Event& event : page.events) {
      REFOLD_CHECK(append_event_json(piece, event));
      piece += '\n';
      if (piece.size() >= piece_bytes && !stream.write(std::exchange(piece, {}))) return false;
    }
    if (!piece.empty() && !stream.write(std::exchange(piece, {}))) return false;
  }
  return false;
}

void follow(const RouteContext& context, const Call& call, Reply& reply) {
  const log::WitnessLog& log = context.services.log;
  auto matcher = matcher_of(call);
  if (matcher.has_error()) return reply.send(error_response(matcher.error()));
  const auto last = log.last();
  if (last.has_error()) return reply.send(error_response(last.error()));
  const log::Seq from = std::max<std::uint64_t>(1, call.number("from", *last + 1));
  log::Reader reader(log, from, std::move(*matcher));
  const auto stream = reply.stream({200, "application/x-ndjson", {}, ""});
  while (!stream->wait_gone(std::chrono::milliseconds(0))) {
    const auto sent = send_rest(context.server, reader, *stream);
    if (sent.has_error()) {
      // The head is gone: what is left is the last line.
      stream->write(error_response(sent.error()).body + "\n");
      return;
    }
    if (!*sent) return;
    const auto deadline = std::chrono::steady_clock::now() + follow_time;
    if (log.wait(reader.position(), deadline).has_error()) return;
  }
}

Route of_log(std::string path, std::string summary) {
  Route route{.method = "GET", .path = std::move(path), .summary = std::move(summary)};
  route.lane = "log";
  return route;
}

}  // namespace

void add_log_routes(std::vector<Route>& routes, const RouteContextPointer& context) {
  Route stat = of_log("/log/stat", "How many events the log has, of when, and where they lie");
  stat.answer = [context](const Call&) -> Result<net::Response> {
    REFOLD_TRY(const log::LogStat found, context->services.log.stat());
    return json_response(log_stat_json(found));
  };
  routes.push_back(std::move(stat));

  Route page = of_log("/log/events", "Events, in the order of their seqs");
  page.parameters = filter_parameters();
  page.parameters.push_back({.name = "from",
                             .kind = ValueKind::number,
                             .description = "the first seq; the 'next' of the page before",
                             .standard = "1"});
  page.parameters.push_back({.name = "limit",
                             .kind = ValueKind::number,
                             .description = "at most so many events",
                             .most = events_max,
                             .standard = std::to_string(events_standard)});
  page.time = context->options.query_time;
  page.answer = [context](const Call& call) { return events(*context, call); };
  routes.push_back(std::move(page));

  Route one = of_log("/log/events/{seq}", "One event");
  one.refusals = {404};
  one.answer = [context](const Call& call) { return event(context->services.log, call); };
  routes.push_back(std::move(one));

  Route stream = of_log("/log/follow", "Events as they come, one JSON object a line, without end");
  stream.gives = "application/x-ndjson";
  stream.parameters = filter_parameters();
  stream.parameters.push_back({.name = "from",
                               .kind = ValueKind::number,
                               .description = "the first seq; else the next one that comes"});
  stream.stream = [context](const Call& call, Reply& reply) { follow(*context, call, reply); };
  routes.push_back(std::move(stream));
}

}  // namespace refold::server
