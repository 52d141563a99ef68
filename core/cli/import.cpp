#include <unistd.h>

#include <chrono>
#include <memory>

#include "core/cli/commands.h"
#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/declare.h"
#include "core/cli/existing_log.h"
#include "core/cli/importer.h"
#include "core/cli/input.h"
#include "core/cli/signals.h"
#include "core/index/recorder.h"
#include "core/log/limits.h"

namespace refold::cli {

namespace {

Exit exit_of(const ImportReport& report) {
  if (Interruption::requested()) {
    complain(
        "interrupted. What the table counts is in the log; import the same files again to "
        "go on.");
    return Exit::interrupted;
  }
  return report.refused() > 0 ? Exit::refused : Exit::ok;
}

/// Before a log is made for them.
Result<void> check_files(const std::vector<std::string>& files) {
  for (const auto& file : files) {
    if (file != "-" && ::access(console().resolve(file).c_str(), R_OK) != 0)
      return Input::open(file).error();
  }
  return ok();
}

Result<Exit> run_import(Context& context, const ImportOptions& options) {
  REFOLD_CHECK(check_files(options.files));
  REFOLD_TRY(const auto recorder, open_recorder(context));
  const Interruption interruption;
  ImportOptions with = options;
  with.no_room = [&context] { return no_room(context); };
  Importer importer(*recorder, std::move(with));
  const auto started = std::chrono::steady_clock::now();
  const auto imported = importer.run();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - started;

  const ImportReport& report = importer.report();
  REFOLD_TRY(const log::Seq last, recorder->log().last());
  const bool complete = imported.has_value() && !Interruption::requested();
  const ImportReport::Circumstances circumstances{time.count(), last, complete};
  if (context.json) {
    context.out.line(report.json(circumstances));
  } else if (complete || !report.empty()) {
    context.out.put(report.text(context.out.terminal(), circumstances));
  }
  REFOLD_CHECK(context.out.flush());
  if (const auto failure = recorder->sealing_failure()) {
    complain("sealing in the background failed, and will be tried again: " + failure->message);
  }
  REFOLD_CHECK(imported);
  return exit_of(report);
}

}  // namespace

void add_import(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "import", "append files of events to the log",
              "refold import --data data events.jsonl.gz\n"
              "  zstd -dc capture.zst | refold import -\n"
              "  refold import --data data repo.car\n\n"
              "A file holds events as JSON in the form of Jetstream, one a line; or frames of a "
              "firehose,\neach behind its length (four bytes, big-endian); or one repo as CAR. "
              "Which of them it is, its\nfirst bytes tell; it may be packed with gzip or zstd. "
              "What the log knows already is not\nappended again: a repo is compared with it. "
              "What is refused is named, counted and skipped.");
  auto options = std::make_shared<ImportOptions>();
  command->add_option("FILE", options->files, "files to read; - is standard input")
      ->required()
      ->type_name("");
  command->add_option("--source", options->source, "the source that the events are filed under")
      ->type_name("NAME")
      ->check(checked_by([](const std::string& name) {
        const bool fits = !name.empty() && name.size() <= log::source_bytes_max;
        return fits ? std::string{} : "a name of a source has 1 to 64 bytes";
      }))
      ->capture_default_str();
  command->add_flag("--strict", options->strict, "stop at the first thing that is refused");
  declare_json(command, commands.context);
  choose(command, commands, options, run_import);
}

}  // namespace refold::cli
