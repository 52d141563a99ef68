#include <memory>

#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/projection_report.h"

namespace refold::cli {

using projection::Supervisor;

namespace {

struct NameOptions {
  std::string name;
};

/// A command that is done when the projection has done it.
template <Result<projection::Done> (Supervisor::*Command)()>
Result<Exit> change(Context& context, const NameOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  REFOLD_TRY(const auto done, (*supervisor.*Command)());
  return report(context, done);
}

/// A command after which there is something to fold.
template <Result<projection::Done> (Supervisor::*Command)()>
Result<Exit> change_and_stay(Context& context, const NameOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  REFOLD_TRY(const auto done, (*supervisor.*Command)());
  return stay(context, *session, *supervisor, done);
}

Result<Exit> run_rollback(Context& context, const NameOptions& options) {
  REFOLD_TRY(const Exit exit, change_and_stay<&Supervisor::rollback>(context, options));
  if (exit == Exit::ok) tell_of_configuration(context, options.name);
  return exit;
}

/// What is to be promoted comes as far as the log first.
Result<Exit> run_promote(Context& context, const NameOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  REFOLD_TRY(const Caught caught, catch_up(*session, *supervisor, {}));
  if (caught.end == Caught::End::interrupted) return interrupted(caught);
  REFOLD_TRY(const auto done, supervisor->promote());
  return report(context, done);
}

void add(const Commands& commands, const std::string& name, const std::string& description,
         const std::string& more, Result<Exit> (*run)(Context&, const NameOptions&)) {
  CLI::App* const command =
      declare(commands, name, description, "refold projection " + name + " likes\n\n" + more);
  auto options = std::make_shared<NameOptions>();
  declare_projection(command, options->name);
  declare_json(command, commands.context);
  choose(command, commands, options, run);
}

}  // namespace

void add_projection_pause(const Commands& commands) {
  add(commands, "pause", "nothing of it folds until it is resumed",
      "It answers queries as of where it stands.", change<&Supervisor::pause>);
}

void add_projection_resume(const Commands& commands) {
  add(commands, "resume", "go on after a pause", "Stays until it has caught up.",
      change_and_stay<&Supervisor::resume>);
}

void add_projection_cancel(const Commands& commands) {
  add(commands, "cancel", "give up what is being built beside the current generation",
      "A generation that was current before rests again; all others that are being built, are "
      "ready\nor are of a slice are deleted.",
      change<&Supervisor::cancel>);
}

void add_projection_reset(const Commands& commands) {
  add(commands, "reset", "empty it at once, and build it anew in place",
      "Queries see it empty, and then fuller and fuller. 'replay' keeps the current rows until "
      "then.\nStays until it has caught up.",
      change_and_stay<&Supervisor::reset>);
}

void add_projection_promote(const Commands& commands) {
  add(commands, "promote", "make the generation that was held back the current one",
      "Both catch up first. The one that was current can come back: 'rollback'.", run_promote);
}

void add_projection_rollback(const Commands& commands) {
  add(commands, "rollback", "make the generation current again that was so before",
      "Catches it up first, if it is far behind.", run_rollback);
}

void add_projection_prune(const Commands& commands) {
  add(commands, "prune", "delete the generations that were replaced",
      "There is nothing to roll back to afterwards.", change<&Supervisor::prune>);
}

void add_projection_retry(const Commands& commands) {
  add(commands, "retry", "try the event again that it failed at",
      "Stays until it has caught up, or has failed again.", change_and_stay<&Supervisor::retry>);
}

}  // namespace refold::cli
