#include <memory>

#include "core/cli/commands.h"
#include "core/cli/console.h"
#include "core/cli/declare.h"
#include "core/cli/fields.h"
#include "core/cli/progress.h"
#include "core/cli/signals.h"
#include "core/cli/text.h"

namespace refold::cli {

using server::JobPointer;
using server::JobState;
using server::JobStatus;

namespace {

struct JobOptions {
  std::uint64_t id = 0;
};

/// Errors: `unsupported` outside of an engine.
Result<server::Jobs*> jobs_of(const Context& context) {
  if (context.engine != nullptr) return &context.engine->jobs;
  return Error{Errc::unsupported,
               "jobs are what a running engine does, and none runs over this data directory"};
}

std::string progress_text(const JobStatus& one) {
  if (one.label.empty()) return "";
  std::string text = one.label + " " + grouped(one.done);
  return one.total == 0 ? text : text + " of " + grouped(one.total);
}

Result<Exit> run_jobs_list(Context& context) {
  REFOLD_TRY(const server::Jobs* const jobs, jobs_of(context));
  for (const JobStatus& one : jobs->list()) {
    if (context.json) {
      context.out.line(job_json(one));
      continue;
    }
    std::string line = padded_left(std::to_string(one.id), 4) + "  " +
                       padded(std::string(name(one.state)), 9) + "  " +
                       short_time_text(one.started_us) + "  " + escaped_once(one.what);
    if (const std::string progress = progress_text(one); !progress.empty()) {
      line += "  (" + escaped(progress) + ")";
    }
    context.out.line(line);
  }
  return Exit::ok;
}

Result<Exit> run_job_follow(Context& context, const JobOptions& options) {
  REFOLD_TRY(const server::Jobs* const jobs, jobs_of(context));
  REFOLD_TRY(const JobPointer job, jobs->find(options.id));
  const Interruption interruption;
  Progress progress("events");
  JobStatus status = job->status();
  while (status.state == JobState::running) {
    if (Interruption::requested()) return Exit::interrupted;
    progress.update(status.label, status.done, status.total, status.done);
    status = job->changed(status.version, Interruption::patience);
  }
  progress.clear();
  if (context.json) {
    context.out.line(job_json(status));
  } else {
    // What it has printed ends with what came out.
    context.out.put(status.printed.empty() ? escaped(status.result) + "\n" : status.printed);
  }
  return status.state == JobState::done ? Exit::ok : Exit::failed;
}

Result<Exit> run_job_cancel(Context& context, const JobOptions& options) {
  REFOLD_TRY(const server::Jobs* const jobs, jobs_of(context));
  REFOLD_TRY(const JobPointer job, jobs->find(options.id));
  const bool running = job->status().state == JobState::running;
  job->cancel();
  context.out.line("job " + std::to_string(options.id) +
                   (running ? " was asked to end" : " has ended already"));
  return Exit::ok;
}

void add_job_command(const Commands& commands, const std::string& name,
                     const std::string& description,
                     Result<Exit> (*run)(Context&, const JobOptions&)) {
  CLI::App* const command = declare(commands, name, description, "refold jobs " + name + " 7");
  auto options = std::make_shared<JobOptions>();
  command->add_option("JOB", options->id, "its number")
      ->required()
      ->type_name("")
      ->check(whole_number());
  declare_json(command, commands.context);
  choose(command, commands, options, run);
}

}  // namespace

void add_jobs(const Commands& commands) {
  CLI::App* const jobs = declare(
      commands, "jobs", "long work that a running engine does",
      "refold jobs\n  refold jobs follow 7\n\n"
      "Alone, it lists them. What verifies, seals, replays or fetches goes on in the engine "
      "when its\ncommand is interrupted.");
  declare_json(jobs, commands.context);
  jobs->require_subcommand(0, 1);
  const Commands below{*jobs, commands.context, commands.chosen};
  CLI::App* const list =
      declare(below, "list", "what runs, and what has ended lately", "refold jobs list");
  declare_json(list, commands.context);
  choose(list, below, run_jobs_list);
  add_job_command(below, "follow", "watch it until it has ended, and print what it said",
                  run_job_follow);
  add_job_command(below, "cancel", "ask it to end early", run_job_cancel);
  jobs->callback([jobs, commands] {
    // Called after that of a command below it.
    if (commands.chosen) return;
    note_named(jobs, commands);
    commands.chosen = run_jobs_list;
  });
}

}  // namespace refold::cli
