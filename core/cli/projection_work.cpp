#include <algorithm>
#include <memory>

#include "core/cli/commands.h"
#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/declare.h"
#include "core/cli/projection_report.h"
#include "core/projection/slice.h"

namespace refold::cli {

using projection::Done;
using projection::GenerationRecord;
using projection::GenerationStatus;
using projection::State;

namespace {

struct ReplayOptions {
  std::string name;
  projection::ReplayRequest request;
};

struct WaitOptions {
  std::string name;
  log::Seq seq = 0;
  std::uint64_t timeout_seconds = 0;
};

struct SkipOptions {
  std::string name;
  log::Seq seq = 0;
};

/// Whether this is what an earlier command has left unfinished, and is just what this one is to
/// build: it goes on with it. What rolls back is not.
bool is_unfinished(const GenerationStatus& one, const GenerationRecord& current,
                   const projection::ReplayRequest& request) {
  const GenerationRecord& record = one.record;
  if (record.failure || one.refused || record.slice != request.slice) return false;
  if (request.slice.everything()) {
    return record.state == State::building && !record.returning && record.hold == request.hold;
  }
  return record.state == State::detached && one.progress.seq < record.until &&
         record.code == current.code && record.options == current.options;
}

Result<Done> begin_replay(projection::Supervisor& supervisor, const ReplayOptions& options) {
  REFOLD_TRY(const projection::ProjectionStatus status, supervisor.status());
  const GenerationRecord& current = *status.record.find(status.record.current);
  for (const GenerationStatus& one : status.generations) {
    if (!is_unfinished(one, current, options.request)) continue;
    return Done{false, "generation " + std::to_string(one.record.number) + " of '" + options.name +
                           "' is being built already, and goes on"};
  }
  return supervisor.replay(options.request);
}

Result<Exit> run_replay(Context& context, const ReplayOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  REFOLD_TRY(const Done done, begin_replay(*supervisor, options));
  console().stay();
  REFOLD_TRY(const Exit exit, stay(context, *session, *supervisor, done));
  // Its job was cancelled: in an engine nothing else interrupts it. At a stop what is there stays.
  if (exit == Exit::interrupted && context.engine != nullptr && !context.engine->jobs.ending()) {
    REFOLD_TRY(const Done dropped, supervisor->cancel());
    complain(dropped.said);
  }
  return exit;
}

Result<Exit> run_skip(Context& context, const SkipOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  REFOLD_TRY(const Done done, supervisor->skip(options.seq));
  return stay(context, *session, *supervisor, done);
}

Result<Exit> run_wait(Context& context, const WaitOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  CatchUp how;
  how.seq = options.seq;
  if (options.seq > 0) how.folding = projection::Folding::current;
  if (options.timeout_seconds > 0) {
    const auto now = std::chrono::steady_clock::now();
    how.deadline = now + std::chrono::seconds(options.timeout_seconds);
  }
  REFOLD_TRY(const Caught caught, catch_up(*session, *supervisor, how));
  if (caught.end == Caught::End::interrupted) return interrupted(caught);
  if (caught.trouble) return *caught.trouble;
  // Says why the current generation is not there, if it is not. What is committed is told to those
  // who wait a moment later.
  const bool late = caught.end == Caught::End::late;
  const auto patience = late ? std::chrono::seconds(0) : std::chrono::seconds(10);
  REFOLD_CHECK(supervisor->wait(caught.goal, std::chrono::steady_clock::now() + patience));
  if (late) {
    return Error{Errc::timeout, "generation " + std::to_string(caught.generation) + " of '" +
                                    options.name + "' is still being built"};
  }
  const Done done{caught.events > 0, "'" + options.name + "' has applied every event up to seq " +
                                         std::to_string(caught.goal)};
  conclude(context, done, caught);
  return Exit::ok;
}

/// Whether the log can be filtered by these.
CLI::Validator slice_part(bool collections) {
  return checked_by([collections](const std::string& text) {
    log::Filter filter;
    (collections ? filter.collections : filter.dids) = {text};
    const auto matcher = log::Matcher::make(std::move(filter));
    return matcher ? std::string{} : matcher.error().message;
  });
}

}  // namespace

void add_projection_replay(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "replay", "build it anew from the log, beside the current generation",
              "refold projection replay likes\n"
              "  refold projection replay likes --hold\n\n"
              "The current generation answers queries until the new one has caught up and takes "
              "its place.\nIn a running engine it is a job, and goes on after Ctrl-C; without one, "
              "the same command goes on\nwith what is there.");
  auto options = std::make_shared<ReplayOptions>();
  declare_projection(command, options->name);
  CLI::Option* const hold = command->add_flag(
      "--hold", options->request.hold, "stop before it takes its place: see diff, promote, cancel");
  command
      ->add_option("--collections", options->request.slice.collections,
                   "try it on these only: a generation to look at")
      ->type_name("NSID,...")
      ->delimiter(',')
      ->check(slice_part(true))
      ->excludes(hold);
  command
      ->add_option("--dids", options->request.slice.dids, "try it on these accounts only, likewise")
      ->type_name("DID,...")
      ->delimiter(',')
      ->check(slice_part(false))
      ->excludes(hold);
  declare_json(command, commands.context);
  choose(command, commands, options, run_replay);
}

void add_projection_skip(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "skip", "pass over the event that it failed at",
              "refold projection skip likes 12281\n\n"
              "The projection is marked incomplete until it is built anew. Stays until it has "
              "caught up,\nor has failed again.");
  auto options = std::make_shared<SkipOptions>();
  declare_projection(command, options->name);
  command->add_option("SEQ", options->seq, "the event")
      ->required()
      ->type_name("")
      ->check(whole_number());
  declare_json(command, commands.context);
  choose(command, commands, options, run_skip);
}

void add_projection_wait(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "wait", "have it catch up, and return when it has",
              "refold projection wait likes\n\n"
              "Goes on with whatever of it is unfinished: a replay that was interrupted, too.");
  auto options = std::make_shared<WaitOptions>();
  declare_projection(command, options->name);
  command->add_option("--seq", options->seq, "wait for this event, also if it is still to come")
      ->type_name("SEQ")
      ->check(whole_number());
  command->add_option("--timeout", options->timeout_seconds, "give up after so long")
      ->type_name("SECONDS")
      ->check(whole_number());
  declare_json(command, commands.context);
  choose(command, commands, options, run_wait);
}

}  // namespace refold::cli
