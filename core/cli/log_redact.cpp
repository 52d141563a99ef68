#include <array>
#include <memory>
#include <string>

#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/base/bytes.h"
#include "core/base/json_writer.h"
#include "core/cli/commands.h"
#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/declare.h"
#include "core/cli/existing_log.h"
#include "core/cli/take_back.h"
#include "core/cli/text.h"
#include "core/index/recorder.h"

namespace refold::cli {

using index::Recorder;

namespace {

struct RedactOptions {
  std::string did;
  std::string collection;
  std::string rkey;
  bool yes = false;
};

Recorder::Redaction redaction_of(const RedactOptions& options) {
  Recorder::Redaction redaction{.did = options.did, .collection = {}, .rkey = {}};
  if (!options.collection.empty()) redaction.collection = options.collection;
  if (!options.rkey.empty()) redaction.rkey = options.rkey;
  return redaction;
}

/// Refuses texts that are not `valid`, as being no `what`.
CLI::Validator checked_name(bool (*valid)(std::string_view) noexcept, const char* what) {
  return checked_by([valid, what](const std::string& text) {
    return valid(text) ? std::string{} : atproto::quoted(text) + " is not a " + what;
  });
}

std::string what_is_erased(const Recorder::Redaction& what) {
  if (!what.collection) return "every record of " + what.did;
  if (!what.rkey) return "every " + *what.collection + " of " + what.did;
  return "at://" + what.did + "/" + *what.collection + "/" + *what.rkey;
}

/// Asks the person at the terminal. Errors: `unsupported` if there is none.
Result<bool> confirmed(const Recorder::Redaction& what) {
  if (!console().input_is_terminal()) {
    return Error{Errc::unsupported,
                 "redact erases for good, and there is no terminal to ask on.\nSay --yes if you "
                 "mean it."};
  }
  (void)console().write(Console::To::err, "This erases the content of " + what_is_erased(what) +
                                              ", for good.\nType 'yes' to go on: ");
  std::string answer;
  std::array<std::uint8_t, 256> some{};
  while (answer.find('\n') == std::string::npos && answer.size() < some.size()) {
    REFOLD_TRY(const std::size_t count, console().read(some));
    if (count == 0) break;
    answer += text_of(ByteView(some).first(count));
  }
  return answer == "yes\n" || answer == "yes";
}

/// A row that was taken back lies in its view's file until its page is used again.
void tell_of_views(Context& context, const TakeBack& projections) {
  const std::vector<std::string> names = projections.names();
  if (names.empty()) return;
  context.out.line(
      "files of projections may still hold bytes of it, until each is replayed and pruned:");
  for (const std::string& name : names) {
    context.out.line("refold projection replay " + name);
    context.out.line("refold projection prune " + name);
  }
}

Result<Exit> run_redact(Context& context, const RedactOptions& options) {
  const Recorder::Redaction what = redaction_of(options);
  if (!options.yes) {
    REFOLD_TRY(const bool go_on, confirmed(what));
    if (!go_on) return Error{Errc::closed, "nothing was erased"};
  }
  TakeBack* projections = nullptr;
  REFOLD_TRY(const auto recorder, open_existing(context, [&](log::Seq last) {
               if (projections != nullptr) projections->wait(last);
             }));
  REFOLD_TRY(const auto take_back, TakeBack::open(context, recorder->log()));
  if (take_back->interrupted()) {
    complain("interrupted: nothing was erased");
    return Exit::interrupted;
  }
  projections = take_back.get();
  REFOLD_TRY(const auto outcome, recorder->redact(what));
  for (const std::string& one : take_back->behind()) {
    complain(one + " has not taken it back; if it has to, it asks for a replay when it goes on");
  }
  if (context.json) {
    std::string out;
    JsonWriter json(out);
    json.open('{').field("erased", outcome.erased).field("tombstones", outcome.tombstones);
    json.key("behind").open('[');
    for (const std::string& one : take_back->behind()) json.text(one);
    json.close(']').close('}');
    context.out.line(out);
  } else if (outcome.erased == 0 && outcome.tombstones == 0) {
    context.out.line("the log has no such content; nothing was erased");
  } else {
    context.out.line("erased the content of " + counted(outcome.erased, "event") + "; appended " +
                     counted(outcome.tombstones, "tombstone") + " for what was alive");
    tell_of_views(context, *take_back);
  }
  return Exit::ok;
}

}  // namespace

void add_redact(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "redact", "erase the content of records, for good",
              "refold log redact did:plc:abc app.bsky.feed.post 3k2a --yes\n\n"
              "The events stay, with their place and the hash chain; what the records said is "
              "erased\nwherever the log keeps it. Projections catch up first, and take it back.");
  auto options = std::make_shared<RedactOptions>();
  command->add_option("DID", options->did, "the account")
      ->required()
      ->type_name("")
      ->check(checked_name(atproto::valid_did, "DID"));
  command->add_option("COLLECTION", options->collection, "only this collection")
      ->type_name("")
      ->check(checked_name(atproto::valid_nsid, "collection"));
  command->add_option("RKEY", options->rkey, "only this record")
      ->type_name("")
      ->check(checked_name(atproto::valid_record_key, "record key"));
  command->add_flag("--yes", options->yes, "do not ask");
  declare_json(command, commands.context);
  choose(command, commands, options, run_redact);
}

}  // namespace refold::cli
