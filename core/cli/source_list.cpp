#include <algorithm>
#include <charconv>
#include <memory>

#include "core/base/clock.h"
#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/existing_log.h"
#include "core/cli/source_arguments.h"
#include "core/cli/source_text.h"
#include "core/cli/text.h"
#include "core/cli/time_argument.h"
#include "core/engine/source_book.h"
#include "core/log/witness_log.h"

namespace refold::cli {

using engine::SourceConfig;

namespace {

struct SourceListOptions {
  std::string config;
};

/// What is kept of a source that nothing else tells of: "source NAME HOST/PATH UNIT".
SourceEntry left_over(const log::CursorEntry& cursor) {
  SourceEntry entry;
  entry.runs = false;
  const std::size_t name = std::string_view("source ").size();
  const std::size_t host = std::min(cursor.name.find(' ', name), cursor.name.size() - 1) + 1;
  entry.status.name = escaped(cursor.name.substr(name, host - name - 1));
  entry.status.url = cursor.name.substr(host, cursor.name.find(' ', host) - host);
  const bool jetstream = entry.status.url.ends_with("/subscribe");
  const bool second = entry.status.url.ends_with(".subscribeEvents");
  if (jetstream) entry.status.kind = ingest::SourceKind::jetstream;
  if (second) entry.status.kind = ingest::SourceKind::jetstream_v2;
  return entry;
}

std::uint64_t cursor_value(const log::CursorEntry& cursor) {
  std::uint64_t value = 0;
  std::from_chars(cursor.value.data(), cursor.value.data() + cursor.value.size(), value);
  return value;
}

/// Without an engine: what the next one will follow, and where it will go on.
Result<std::vector<SourceEntry>> resting_sources(const Context& context, const std::string& file) {
  REFOLD_TRY(const auto log, open_log(context));
  REFOLD_TRY(auto all, configured_sources(context, file));
  REFOLD_TRY(const auto book, engine::read_source_book(context.data));
  all.insert(all.end(), book.sources.begin(), book.sources.end());
  REFOLD_TRY(const auto cursors, log->cursors());
  std::vector<SourceEntry> entries;
  for (const SourceConfig& one : all) {
    const auto options = engine::source_options(one);
    SourceEntry entry;
    entry.runs = false;
    entry.status.name = one.name;
    entry.status.kind = one.kind;
    entry.status.url = options.url;
    entry.status.filter = options.filter;
    if (book.paused.contains(one.name)) {
      entry.status.state = ingest::SourceState::paused;
      entry.status.why = engine::paused_by_command;
    }
    for (const log::CursorEntry& cursor : cursors) {
      if (cursor.name == cursor_name(options)) entry.status.cursor = cursor_value(cursor);
    }
    entries.push_back(std::move(entry));
  }
  for (const log::CursorEntry& cursor : cursors) {
    if (!cursor.name.starts_with("source ")) continue;
    SourceEntry entry = left_over(cursor);
    entry.status.cursor = cursor_value(cursor);
    const bool told = std::any_of(entries.begin(), entries.end(), [&](const SourceEntry& one) {
      return one.status.name == entry.status.name;
    });
    if (!told) entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const SourceEntry& one, const SourceEntry& other) {
    return one.status.name < other.status.name;
  });
  return entries;
}

Result<std::vector<SourceEntry>> all_sources(const Context& context, const std::string& file) {
  if (context.engine == nullptr || context.engine->sources == nullptr) {
    return resting_sources(context, file);
  }
  std::vector<SourceEntry> entries;
  for (auto& status : context.engine->sources->list()) entries.push_back({std::move(status)});
  return entries;
}

Result<Exit> run_source_list(Context& context, const SourceListOptions& options) {
  REFOLD_TRY(const auto all, all_sources(context, options.config));
  if (context.json) {
    std::string out = "[";
    for (const SourceEntry& one : all) {
      out += (out.size() > 1 ? "," : "") + source_json(one, now_us());
    }
    context.out.line(out + "]");
  } else if (all.empty()) {
    context.out.line(
        "no sources\nadd one: refold source add NAME URL; or a [[source]] in "
        "refold.toml");
  } else {
    context.out.put(sources_text(all, now_us(), context.out.terminal()));
    if (context.engine == nullptr) {
      context.out.line("no engine runs over " + escaped(context.data.string()) +
                       ": 'refold run' starts one");
    }
  }
  return Exit::ok;
}

}  // namespace

void add_source_list(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "list", "all sources: their state, how far they are, what they left out",
              "refold source list");
  auto options = std::make_shared<SourceListOptions>();
  command
      ->add_option("--config", options->config,
                   "without an engine: the configuration that has sources, too")
      ->envname("REFOLD_CONFIG")
      ->type_name("FILE");
  declare_json(command, commands.context);
  choose(command, commands, options, run_source_list);
}

}  // namespace refold::cli
