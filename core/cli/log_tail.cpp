#include <chrono>
#include <memory>

#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/event_printer.h"
#include "core/cli/existing_log.h"
#include "core/cli/signals.h"
#include "core/log/reader.h"
#include "core/log/witness_log.h"

namespace refold::cli {

namespace {

struct TailOptions {
  std::uint64_t count = 10;
  bool follow = false;
};

/// Prints everything from the reader's position to the end of the log.
Result<void> print_rest(log::Reader& reader, EventPrinter& printer) {
  log::Page page;
  while (!printer.closed() && !Interruption::requested()) {
    REFOLD_TRY(const bool more, reader.next(page));
    if (!more) break;
    for (const auto& event : page.events) REFOLD_CHECK(printer.print(event));
  }
  return ok();
}

Result<Exit> follow(Context& context, const log::WitnessLog& log, log::Reader& reader,
                    EventPrinter& printer) {
  const Interruption interruption;
  while (true) {
    REFOLD_CHECK(print_rest(reader, printer));
    REFOLD_CHECK(context.out.flush());
    if (Interruption::requested()) return Exit::interrupted;
    if (context.out.abandoned()) return Exit::ok;
    const auto deadline = std::chrono::steady_clock::now() + Interruption::patience;
    REFOLD_CHECK(log.wait(reader.position(), deadline));
  }
}

Result<Exit> run_tail(Context& context, const TailOptions& options) {
  log::Filter everything;
  everything.history = true;
  REFOLD_TRY(auto matcher, log::Matcher::make(everything));
  REFOLD_TRY(const auto log, open_log(context));
  REFOLD_TRY(const log::Seq last, log->last());
  const log::Seq first = last > options.count ? last - options.count + 1 : 1;
  log::Reader reader(*log, first, std::move(matcher));
  EventPrinter printer(context, last);
  if (options.follow) return follow(context, *log, reader, printer);
  REFOLD_CHECK(print_rest(reader, printer));
  return Exit::ok;
}

void declare_tail(const Commands& commands, const std::string& name, const std::string& example) {
  CLI::App* const command = declare(commands, name, "print the newest events", example);
  auto options = std::make_shared<TailOptions>();
  command->add_option("-n", options->count, "how many")
      ->type_name("N")
      ->check(whole_number())
      ->capture_default_str();
  command->add_flag("-f,--follow", options->follow, "then wait for more, until Ctrl-C");
  declare_json(command, commands.context);
  choose(command, commands, options, run_tail);
}

}  // namespace

void add_tail(const Commands& commands) {
  declare_tail(commands, "tail", "refold log tail -n 20 --follow");
}

void add_events(const Commands& commands) {
  declare_tail(commands, "events", "refold events --follow\n\nThe same as 'refold log tail'.");
}

}  // namespace refold::cli
