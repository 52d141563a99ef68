#include <memory>
#include <optional>

#include "core/base/json_writer.h"
#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/existing_log.h"
#include "core/cli/source_arguments.h"
#include "core/cli/text.h"
#include "core/engine/resting_sources.h"

namespace refold::cli {

namespace {

struct AddOptions {
  std::string name;
  SourceArguments source;
};

struct NamedSource {
  std::string name;
};

struct SetOptions {
  std::string name;
  std::vector<std::string> collections;
  std::vector<std::string> dids;
  bool all_collections = false;
  bool all_dids = false;
  std::optional<std::uint64_t> cursor;
};

/// Those that an engine follows, or else those that the next one will.
class Sources {
 public:
  static Result<Sources> of(const Context& context) {
    Sources sources;
    if (context.engine != nullptr && context.engine->sources != nullptr) {
      sources.all_ = context.engine->sources;
      return sources;
    }
    REFOLD_CHECK(require_log(context.data));
    REFOLD_TRY(auto configured, configured_sources(context, {}));
    REFOLD_TRY(sources.own_, engine::RestingSources::open(context.data, std::move(configured)));
    sources.all_ = sources.own_.get();
    return sources;
  }
  engine::SourceCommands* operator->() const noexcept { return all_; }

 private:
  engine::SourceCommands* all_ = nullptr;
  std::unique_ptr<engine::RestingSources> own_;
};

/// What became of a command.
Result<Exit> tell_done(Context& context, const std::string& name, const std::string& done,
                       const std::string& rest = {}) {
  if (context.json) {
    std::string out;
    JsonWriter(out).open('{').field("source", name).field("done", done).close('}');
    context.out.line(out);
  } else {
    context.out.line("'" + escaped(name) + "' is " + done + rest);
  }
  return Exit::ok;
}

Result<Exit> run_source_add(Context& context, const AddOptions& options) {
  REFOLD_TRY(const Sources sources, Sources::of(context));
  REFOLD_TRY(engine::SourceConfig wanted, source_of(options.name, options.source));
  REFOLD_CHECK(sources->add(std::move(wanted)));
  return tell_done(context, options.name, "added", "; how it goes: refold source list");
}

Result<Exit> run_source_pause(Context& context, const NamedSource& options) {
  REFOLD_TRY(const Sources sources, Sources::of(context));
  REFOLD_CHECK(sources->pause(options.name));
  return tell_done(
      context, options.name, "paused",
      ", after a restart, too; it goes on with: refold source resume " + escaped(options.name));
}

Result<Exit> run_source_resume(Context& context, const NamedSource& options) {
  REFOLD_TRY(const Sources sources, Sources::of(context));
  REFOLD_CHECK(sources->resume(options.name));
  return tell_done(context, options.name, "resumed");
}

Result<Exit> run_source_remove(Context& context, const NamedSource& options) {
  REFOLD_TRY(const Sources sources, Sources::of(context));
  REFOLD_CHECK(sources->remove(options.name));
  return tell_done(
      context, options.name, "removed",
      "; its events stay, and so does its position, for one of the same name and host");
}

Result<Exit> run_source_set(Context& context, const SetOptions& options) {
  const bool filter = options.all_collections || options.all_dids || !options.collections.empty() ||
                      !options.dids.empty();
  if (!filter && !options.cursor) {
    return invalid("nothing is to be set: name --collection, --did or --cursor");
  }
  REFOLD_TRY(const Sources sources, Sources::of(context));
  REFOLD_TRY(const ingest::SourceStatus before, sources->status(options.name));
  // All of it, or nothing: what may be refused comes first.
  if (options.cursor && before.state != ingest::SourceState::paused) {
    return Error{Errc::busy, "source '" + escaped(options.name) +
                                 "' is at work: a cursor is set while it is paused"};
  }
  if (filter) {
    auto collections = before.filter.collections;
    auto dids = before.filter.dids;
    if (options.all_collections || !options.collections.empty()) collections = options.collections;
    if (options.all_dids || !options.dids.empty()) dids = options.dids;
    REFOLD_CHECK(sources->set_filter(options.name, collections, dids));
  }
  if (options.cursor) REFOLD_CHECK(sources->set_cursor(options.name, *options.cursor));
  return tell_done(context, options.name, "changed",
                   filter ? "; what it did not take until now is not in the log" : "");
}

/// One that does something with a source that there is.
void add_source_command(const Commands& commands, const std::string& name,
                        const std::string& description,
                        Result<Exit> (*run)(Context&, const NamedSource&)) {
  CLI::App* const command =
      declare(commands, name, description, "refold source " + name + " bluesky");
  auto options = std::make_shared<NamedSource>();
  command->add_option("NAME", options->name, "the source")->required()->type_name("");
  declare_json(command, commands.context);
  choose(command, commands, options, run);
}

}  // namespace

void add_source_add(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "add", "follow one more source, now and after a restart",
              "refold source add bluesky wss://jetstream2.us-east.bsky.network/subscribe \\\n"
              "    --collection app.bsky.feed.post");
  auto options = std::make_shared<AddOptions>();
  command->add_option("NAME", options->name, "what it is called: its position is kept under that")
      ->required()
      ->type_name("");
  declare_source(command, options->source);
  command
      ->add_option("--dictionary", options->source.dictionary,
                   "of zstd, of a Jetstream; else it sends plain JSON")
      ->type_name("FILE");
  declare_json(command, commands.context);
  choose(command, commands, options, run_source_add);
}

void add_source_pause(const Commands& commands) {
  add_source_command(commands, "pause", "have it rest; its position stays", run_source_pause);
}

void add_source_resume(const Commands& commands) {
  add_source_command(commands, "resume", "go on where it was", run_source_resume);
}

void add_source_remove(const Commands& commands) {
  add_source_command(commands, "remove", "follow it no more; its events stay", run_source_remove);
}

void add_source_set(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "set", "change what it takes, or where it goes on",
              "refold source set bluesky --collection app.bsky.feed.post --all-dids");
  auto options = std::make_shared<SetOptions>();
  command->add_option("NAME", options->name, "the source")->required()->type_name("");
  declare_filter(command, options->collections, options->dids);
  command->add_flag("--all-collections", options->all_collections, "records of any collection");
  command->add_flag("--all-dids", options->all_dids, "any account");
  command
      ->add_option("--cursor", options->cursor,
                   "where it goes on, as its server counts; it must be paused")
      ->type_name("N")
      ->check(whole_number());
  declare_json(command, commands.context);
  choose(command, commands, options, run_source_set);
}

}  // namespace refold::cli
