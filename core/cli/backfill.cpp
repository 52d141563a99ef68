#include <chrono>
#include <memory>

#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/cli/backfill_report.h"
#include "core/cli/commands.h"
#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/declare.h"
#include "core/cli/existing_log.h"
#include "core/cli/input.h"
#include "core/cli/lines.h"
#include "core/cli/progress.h"
#include "core/cli/signals.h"
#include "core/index/marks.h"
#include "core/ingest/backfill/backfill.h"

namespace refold::cli {

using ingest::Backfill;
using ingest::BackfillStatus;

namespace {

struct BackfillArguments {
  ingest::BackfillOptions options{};
  std::string list{};
  std::string ca_file{};
  bool marked = false;
  bool private_addresses = false;
};

constexpr std::size_t marked_max = 10'000'000;

/// One DID a line; what follows a blank is a remark, as is a line that begins with '#'.
Result<void> read_list(const std::string& file, std::vector<std::string>& dids) {
  REFOLD_TRY(const auto input, Input::open(file));
  LineReader lines(*input, atproto::did_length_max + 1'024);
  ingest::Line line;
  for (;;) {
    REFOLD_TRY(const bool more, lines.next(line));
    if (!more) return ok();
    const std::string_view did = line.text.substr(0, line.text.find_first_of(" \t\r"));
    if (!line.too_long && (did.empty() || did.starts_with('#'))) continue;
    if (line.too_long || !atproto::valid_did(did)) {
      return invalid("line " + std::to_string(line.number) + " of " + input->name() +
                     " begins with no DID: " + atproto::quoted(did));
    }
    dids.emplace_back(did);
  }
}

/// Waits for its end, and shows how far it is. Returns why it was stopped, if it was for want of
/// room.
std::string watch(const Context& context, Backfill& backfill) {
  std::string full;
  const Interruption interruption;
  Progress progress("records");
  const auto started = std::chrono::steady_clock::now();
  while (!backfill.wait(Interruption::patience)) {
    if (full.empty()) full = no_room(context);
    if (Interruption::requested() || !full.empty()) backfill.stop();
    const BackfillStatus now = backfill.status();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - started;
    progress.update(progress_label(now, time.count()), now.done + now.failed,
                    now.all_listed ? now.listed : 0, now.records);
  }
  return full;
}

Result<Exit> report(Context& context, const Backfill& backfill, double seconds,
                    const std::string& full) {
  const auto trouble = backfill.trouble();
  const BackfillReport report{backfill.status(), backfill.faults(), seconds, !trouble};
  if (context.json) {
    context.out.line(report.json());
  } else {
    context.out.put(report.text(context.out.terminal()));
  }
  REFOLD_CHECK(context.out.flush());
  if (!trouble) return report.troubled() ? Exit::refused : Exit::ok;
  const std::string advice =
      "\nWhat was fetched is in the log; the same command goes on where this one was.";
  if (trouble->code == Errc::closed && !full.empty()) return Error{Errc::no_space, full + advice};
  if (trouble->code != Errc::closed) return Error{trouble->code, trouble->message + advice};
  complain("interrupted." + advice);
  return Exit::interrupted;
}

Result<Exit> run_backfill(Context& context, const BackfillArguments& given) {
  ingest::BackfillOptions options = given.options;
  if (!given.list.empty()) {
    REFOLD_CHECK(read_list(given.list, options.dids));
    if (options.dids.empty()) return invalid(given.list + " names no DID");
  }
  if (options.dids.empty() && !given.marked && options.host.empty())
    return invalid("name DIDs, a --list of them, --marked, or the --host whose repos are wanted");
  console().stay();
  REFOLD_TRY(const auto recorder, open_recorder(context));
  if (given.marked) {
    REFOLD_TRY(const auto marked, index::repos_to_fetch(recorder->log(), marked_max));
    options.dids.insert(options.dids.end(), marked.begin(), marked.end());
    if (options.dids.empty()) {
      complain("no repo is marked as to be fetched");
      return Exit::ok;
    }
  }
  options.folder = console().resolve(context.data) / "backfill";
  options.asker.peer.private_addresses = given.private_addresses;
  if (!given.ca_file.empty()) options.asker.peer.ca_file = console().resolve(given.ca_file);
  const auto started = std::chrono::steady_clock::now();
  REFOLD_TRY(const auto backfill, Backfill::start(*recorder, std::move(options)));
  if (const std::uint64_t before = backfill->status().before; before > 0) {
    complain("goes on with a backfill that was interrupted: " + std::to_string(before) +
             " repos are settled (--again starts over)");
  }
  const std::string full = watch(context, *backfill);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - started;
  return report(context, *backfill, time.count(), full);
}

CLI::Validator valid_collection() {
  return checked_by([](const std::string& text) {
    const bool fits = atproto::valid_nsid(text) || atproto::valid_collection_pattern(text);
    return fits ? std::string{}
                : atproto::quoted(text) + " is no collection (app.bsky.feed.post, or ns.*)";
  });
}

void declare_hosts(CLI::App* command, BackfillArguments& given) {
  command->add_option("--host", given.options.host, "a relay or PDS: fetch from there")
      ->type_name("URL");
  command
      ->add_option("--plc", given.options.plc, "without --host: the directory that knows the hosts")
      ->type_name("URL")
      ->capture_default_str();
  command->add_flag("--private-addresses", given.private_addresses,
                    "hosts may be in this network, or on this machine");
  command->add_option("--ca-file", given.ca_file, "certificates trusted instead of the system's")
      ->type_name("FILE");
}

}  // namespace

void add_backfill(const Commands& commands) {
  CLI::App* const command = declare(
      commands, "backfill", "fetch whole repos, and append what the log does not know",
      "refold backfill --host https://pds.example.com\n"
      "  refold backfill did:plc:ewvi7nxzyoun6zhxrhs64oiz\n"
      "  refold backfill --marked --collection 'social.arabica.*'\n\n"
      "Each repo is fetched from --host, or from the host that its DID's document names; without "
      "DIDs, all\nthat --host lists. Its tree is walked, every hash checked, and what the log does "
      "not know is\nappended. A repo that cannot be taken is named at the end. The same command "
      "goes on where it\nwas interrupted.");
  auto given = std::make_shared<BackfillArguments>();
  command->add_option("DID", given->options.dids, "whose repos")
      ->type_name("")
      ->check(checked_by([](const std::string& did) {
        return atproto::valid_did(did) ? std::string{}
                                       : atproto::quoted(did) + " is no DID (did:plc:...)";
      }));
  command->add_option("--list", given->list, "a file of DIDs, one a line; - is standard input")
      ->type_name("FILE");
  command->add_flag("--marked", given->marked, "those that a source has marked as to be fetched");
  declare_hosts(command, *given);
  command
      ->add_option("--collection", given->options.collections,
                   "take only this one, or ns.*; may be repeated")
      ->type_name("NSID")
      ->allow_extra_args(false)
      ->check(valid_collection());
  command->add_option("--parallel", given->options.parallel, "repos at a time")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, ingest::backfill_parallel_max))
      ->capture_default_str();
  command->add_flag("--again", given->options.again, "start over, if it was interrupted");
  declare_json(command, commands.context);
  choose(command, commands, given, run_backfill);
}

}  // namespace refold::cli
