#include "core/base/bytes.h"
#include "core/base/json_writer.h"
#include "core/cli/commands.h"
#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/declare.h"
#include "core/cli/existing_log.h"
#include "core/cli/progress.h"
#include "core/cli/signals.h"
#include "core/cli/text.h"
#include "core/log/witness_log.h"

namespace refold::cli {

namespace {

Result<Exit> run_verify(Context& context) {
  REFOLD_TRY(const auto log, open_log(context));
  REFOLD_TRY(const log::Seq last, log->last());
  console().stay();
  const Interruption interruption;
  Progress progress("events");
  log::Seq checked = 0;
  const auto verified = log->verify([&](log::Seq seq) {
    checked = seq;
    progress.update("verify", seq, last, seq);
    return !Interruption::requested();
  });
  progress.clear();
  if (verified.has_error() && verified.error().code == Errc::closed && Interruption::requested()) {
    complain("interrupted: nothing was found out");
    return Exit::interrupted;
  }
  REFOLD_CHECK(verified);
  if (context.json) {
    std::string out;
    JsonWriter(out).open('{').key("ok").boolean(true).field("events", checked).close('}');
    context.out.line(out);
  } else {
    context.out.line(counted(checked, "event") +
                     " checked: " + context.out.paint(Colour::green, "ok"));
  }
  return Exit::ok;
}

Result<Exit> run_root(Context& context) {
  REFOLD_TRY(const auto log, open_log(context));
  REFOLD_TRY(const Sha256Digest root, log->root());
  if (context.json) {
    std::string out;
    JsonWriter(out).open('{').field("root", hex(root)).close('}');
    context.out.line(out);
  } else {
    context.out.line(hex(root));
  }
  return Exit::ok;
}

}  // namespace

void add_verify(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "verify", "recompute every checksum, CID and digest", "refold log verify");
  declare_json(command, commands.context);
  choose(command, commands, run_verify);
}

void add_root(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "root", "print the newest digest of the hash chain", "refold log root");
  declare_json(command, commands.context);
  choose(command, commands, run_root);
}

}  // namespace refold::cli
