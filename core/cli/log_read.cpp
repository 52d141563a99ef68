#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/event_printer.h"
#include "core/cli/existing_log.h"
#include "core/cli/time_argument.h"
#include "core/log/filter.h"
#include "core/log/reader.h"
#include "core/log/witness_log.h"
#include "core/server/event_json.h"

namespace refold::cli {

namespace {

struct ReadOptions {
  std::string from = "1";
  std::string to;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::string> collections;
  std::vector<std::string> dids;
  std::vector<std::string> kinds;
  bool history = false;
};

Result<log::Matcher> matcher_of(const ReadOptions& options) {
  log::Filter filter;
  filter.collections = options.collections;
  filter.dids = options.dids;
  filter.history = options.history;
  for (const auto& kind : options.kinds) {
    REFOLD_TRY(const log::Kind one, server::kind_of(kind));
    filter.kinds.push_back(one);
  }
  return log::Matcher::make(std::move(filter));
}

/// Where reading begins and ends.
struct Range {
  log::Seq first = 1;
  log::Seq last = 0;
};

Result<Range> range_of(const log::WitnessLog& log, const ReadOptions& options) {
  const std::int64_t now = now_us();
  Range range;
  REFOLD_TRY(const Place from, parse_place(options.from, now));
  REFOLD_TRY(range.first, first_seq(log, from));
  REFOLD_TRY(range.last, log.last());
  if (options.to.empty()) return range;
  REFOLD_TRY(const Place to, parse_place(options.to, now));
  REFOLD_TRY(const log::Seq last, last_seq(log, to));
  range.last = std::min(range.last, last);
  return range;
}

Result<Exit> run_read(Context& context, const ReadOptions& options) {
  REFOLD_TRY(auto matcher, matcher_of(options));
  REFOLD_TRY(const auto log, open_log(context));
  REFOLD_TRY(const Range range, range_of(*log, options));
  EventPrinter printer(context, range.last);
  log::Reader reader(*log, range.first, std::move(matcher));
  log::Page page;
  std::uint64_t left = options.limit;
  while (reader.position() <= range.last && left > 0 && !printer.closed()) {
    REFOLD_TRY(const bool more, reader.next(page));
    if (!more) break;
    for (const auto& event : page.events) {
      if (event.seq > range.last || left == 0 || printer.closed()) return Exit::ok;
      REFOLD_CHECK(printer.print(event));
      --left;
    }
  }
  return Exit::ok;
}

std::string complaint_of_place(const std::string& text) {
  const auto place = parse_place(text, 0);
  return place ? std::string{} : place.error().message;
}

std::string complaint_of_filter(log::Filter filter) {
  const auto matcher = log::Matcher::make(std::move(filter));
  return matcher ? std::string{} : matcher.error().message;
}

std::string complaint_of_collection(const std::string& text) {
  return complaint_of_filter({.collections = {text}});
}

std::string complaint_of_did(const std::string& text) {
  return complaint_of_filter({.dids = {text}});
}

std::string complaint_of_kind(const std::string& text) {
  const auto kind = server::kind_of(text);
  return kind ? std::string{} : kind.error().message;
}

}  // namespace

void add_read(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "read", "print events, filtered",
              "refold log read --from -2h --collection 'app.bsky.*' --json\n\n"
              "Without --history: what counts for a fold. Late events, redacted ones and those "
              "that changed\nnothing are left out. A time is RFC 3339, microseconds since 1970, "
              "or -90s, -15m, -2h, -7d.");
  auto options = std::make_shared<ReadOptions>();
  command->add_option("--from", options->from, "start at this seq or witness time")
      ->type_name("SEQ|TIME")
      ->check(checked_by(complaint_of_place))
      ->capture_default_str();
  command->add_option("--to", options->to, "end with this seq or witness time")
      ->type_name("SEQ|TIME")
      ->check(checked_by(complaint_of_place));
  command->add_option("--limit", options->limit, "print at most so many events")
      ->type_name("N")
      ->check(whole_number());
  command->add_option("--collection", options->collections, "an NSID, or a prefix 'ns.*'")
      ->type_name("NSID")
      ->check(checked_by(complaint_of_collection))
      ->expected(1)
      ->take_all();
  command->add_option("--did", options->dids, "an account")
      ->type_name("DID")
      ->check(checked_by(complaint_of_did))
      ->expected(1)
      ->take_all();
  command->add_option("--kind", options->kinds, "create, update, delete, identity, account, ...")
      ->type_name("KIND")
      ->check(checked_by(complaint_of_kind))
      ->expected(1)
      ->take_all();
  command->add_flag("--history", options->history, "everything, as it was witnessed");
  declare_json(command, commands.context);
  choose(command, commands, options, run_read);
}

}  // namespace refold::cli
