#include <atomic>
#include <future>
#include <memory>
#include <system_error>

#include "core/base/json_writer.h"
#include "core/cli/commands.h"
#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/declare.h"
#include "core/cli/fields.h"
#include "core/cli/progress.h"
#include "core/cli/projection_session.h"
#include "core/cli/projection_text.h"
#include "core/cli/signals.h"
#include "core/cli/text.h"

namespace refold::cli {

using projection::Diff;
using projection::RowDifference;
using projection::Supervisor;
using projection::VerifyReport;

namespace {

/// How long the rendering of a row is waited for.
constexpr std::chrono::seconds patience{10};

struct DiffOptions {
  std::string name;
  std::uint64_t generation = 0;
  std::uint64_t samples = 5;
};

struct VerifyOptions {
  std::string name;
};

/// A row as its generation shows it; "null" if it has none.
Result<std::string> row_of(const Supervisor& supervisor, const RowDifference& one,
                           const std::optional<Bytes>& row, std::uint64_t generation) {
  if (!row) return std::string("null");
  projection::RowRequest request;
  request.from = request.until = one.key;
  request.until.push_back(0);
  request.count_max = 1;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  REFOLD_TRY(auto rows, supervisor.rows(one.table, request, deadline, generation));
  if (rows.empty()) return std::string("null");
  make_safe(rows.front(), 0);
  return std::move(rows.front());
}

struct Sample {
  std::string table;
  std::string before;
  std::string after;
};

Result<std::vector<Sample>> samples_of(const Supervisor& supervisor, const Diff& diff) {
  std::vector<Sample> samples;
  for (const RowDifference& one : diff.samples) {
    Sample& sample = samples.emplace_back();
    sample.table = one.table;
    REFOLD_TRY(sample.before, row_of(supervisor, one, one.before, diff.before));
    REFOLD_TRY(sample.after, row_of(supervisor, one, one.after, diff.after));
  }
  return samples;
}

std::string diff_json(const Diff& diff, const std::vector<Sample>& samples) {
  std::string out;
  JsonWriter json(out);
  json.open('{').key("equal").boolean(diff.equal());
  json.key("before").open('{').field("generation", diff.before).field("seq", diff.before_seq);
  json.close('}').key("after").open('{').field("generation", diff.after);
  json.field("seq", diff.after_seq).close('}').key("tables").open('[');
  for (const Diff::Table& table : diff.tables) {
    json.open('{').field("name", table.name).field("added", table.added);
    json.field("removed", table.removed).field("changed", table.changed).close('}');
  }
  json.close(']').key("samples").open('[');
  for (const Sample& sample : samples) {
    json.open('{').field("table", sample.table);
    json.key("before").value() += sample.before;
    json.key("after").value() += sample.after;
    json.close('}');
  }
  json.close(']').close('}');
  return out;
}

std::string diff_text(const Diff& diff, const std::vector<Sample>& samples,
                      const Terminal& terminal) {
  std::string text = "generation " + std::to_string(diff.after) + " at seq " +
                     grouped(diff.after_seq) + ", against generation " +
                     std::to_string(diff.before) + " at seq " + grouped(diff.before_seq);
  if (diff.equal()) return text + ": " + terminal.paint(Colour::green, "no difference") + "\n";
  text += "\n";
  std::size_t columns = 0;
  for (const Diff::Table& table : diff.tables) columns = std::max(columns, table.name.size());
  for (const Diff::Table& table : diff.tables) {
    text += padded(table.name, columns) + "  " + counted(table.added, "row") + " added, " +
            grouped(table.removed) + " removed, " + grouped(table.changed) + " changed\n";
  }
  for (const Sample& sample : samples) {
    if (sample.before != "null") {
      text += terminal.paint(Colour::red, "- " + sample.table + " " + sample.before) + "\n";
    }
    if (sample.after != "null") {
      text += terminal.paint(Colour::green, "+ " + sample.table + " " + sample.after) + "\n";
    }
  }
  return text;
}

Result<Exit> run_diff(Context& context, const DiffOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  REFOLD_TRY(Diff diff, supervisor->diff(options.generation, options.samples));
  std::erase_if(diff.tables, [](const Diff::Table& one) { return is_hosts(one.name); });
  std::erase_if(diff.samples, [](const RowDifference& one) { return is_hosts(one.table); });
  REFOLD_TRY(const auto samples, samples_of(*supervisor, diff));
  if (context.json) {
    context.out.line(diff_json(diff, samples));
  } else {
    context.out.put(diff_text(diff, samples, context.out.terminal()));
  }
  return Exit::ok;
}

/// Verifies on a thread, while this one shows how far it is and listens to signals. None: the user
/// has interrupted it.
Result<std::optional<VerifyReport>> watched_verify(Supervisor& supervisor, log::Seq seq) {
  const Interruption interruption;
  std::atomic<bool> stop{false};
  std::atomic<log::Seq> rebuilt{0};
  std::future<Result<VerifyReport>> report;
  try {
    report = std::async(std::launch::async, [&] { return supervisor.verify(&stop, &rebuilt); });
  } catch (const std::system_error& error) {
    return Error{Errc::io, std::string("cannot start a thread: ") + error.what()};
  }
  Progress progress("events");
  while (report.wait_for(Interruption::patience) != std::future_status::ready) {
    if (Interruption::requested()) stop = true;
    progress.update("rebuild", rebuilt, seq, rebuilt);
  }
  progress.clear();
  auto found = report.get();
  if (found.has_value()) return std::optional(std::move(*found));
  if (found.error().code == Errc::closed && stop) return std::optional<VerifyReport>();
  return std::move(found).error();
}

std::string verify_json(const VerifyReport& report, double seconds) {
  std::string out;
  JsonWriter json(out);
  json.open('{').key("equal").boolean(report.equal).field("seq", report.seq);
  json.field("rows", report.rows).field("said", report.said);
  if (report.difference) {
    json.field("table", report.difference->table).field("key", hex(report.difference->key));
    json.key("repeatable").boolean(report.repeatable);
    json.field("event", report.event).field("uri", report.uri);
  }
  json.key("seconds").decimal(seconds).close('}');
  return out;
}

Result<Exit> run_projection_verify(Context& context, const VerifyOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  console().stay();
  REFOLD_TRY(const auto status, supervisor->status());
  const projection::GenerationStatus* const now = status.current();
  const auto began = std::chrono::steady_clock::now();
  REFOLD_TRY(const auto report,
             watched_verify(*supervisor, now == nullptr ? 0 : now->progress.seq));
  if (!report) {
    complain("interrupted: nothing was found out, and nothing was changed");
    return Exit::interrupted;
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - began;
  if (context.json) context.out.line(verify_json(*report, time.count()));
  if (!report->equal) {
    return Error{Errc::corrupt,
                 report->said + "\nTo build it anew: refold projection replay " + options.name};
  }
  if (!context.json) {
    context.out.line(counted(report->rows, "row") + " at seq " + grouped(report->seq) +
                     " as in a rebuild: " + context.out.paint(Colour::green, "ok"));
  }
  return Exit::ok;
}

}  // namespace

void add_projection_diff(const Commands& commands) {
  CLI::App* const command = declare(
      commands, "diff", "compare a generation with the current one, row by row",
      "refold projection diff likes\n\n"
      "Both at one seq, if they can get there. After 'replay --hold', say, or a replay of a "
      "slice.");
  auto options = std::make_shared<DiffOptions>();
  declare_projection(command, options->name);
  command->add_option("--generation", options->generation, "which one; else the newest")
      ->type_name("N")
      ->check(whole_number());
  command->add_option("--samples", options->samples, "how many rows are shown")
      ->type_name("N")
      ->check(whole_number())
      ->capture_default_str();
  declare_json(command, commands.context);
  choose(command, commands, options, run_diff);
}

void add_projection_verify(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "verify", "rebuild it beside itself, and compare every row",
              "refold projection verify likes\n\n"
              "As of where it stands. A difference is named with its table, its key and the event "
              "it comes\nfrom, and is status 1.");
  auto options = std::make_shared<VerifyOptions>();
  declare_projection(command, options->name);
  declare_json(command, commands.context);
  choose(command, commands, options, run_projection_verify);
}

}  // namespace refold::cli
