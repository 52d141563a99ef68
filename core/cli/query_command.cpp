#include <memory>

#include "core/base/json_writer.h"
#include "core/cli/commands.h"
#include "core/cli/complaint.h"
#include "core/cli/declare.h"
#include "core/cli/pretty.h"
#include "core/cli/projection_report.h"

namespace refold::cli {

using projection::Supervisor;

namespace {

struct QueryOptions {
  std::string name;
  std::string query;
  std::vector<std::string> arguments;
  std::uint64_t generation = 0;
};

struct RowsOptions {
  std::string name;
  std::string table;
  std::uint64_t limit = 100;
  bool backwards = false;
  std::uint64_t generation = 0;
};

Supervisor::Deadline deadline() { return std::chrono::steady_clock::now() + query_patience; }

/// The answer is that of a generation that stands still: says where, and why.
void note_standstill(const Caught& caught) {
  const projection::GenerationStatus* const now = caught.status.current();
  if (now == nullptr || now->progress.seq >= caught.goal || now->refused) return;
  std::string why = caught.trouble ? caught.trouble->message : "";
  if (why.empty() && now->record.failure) {
    why = failure_text(caught.status.record.name, now->record).message;
  }
  complain("this is as of seq " + std::to_string(now->progress.seq) + " of " +
           std::to_string(caught.goal) + (why.empty() ? "" : "\n" + why));
}

/// Brings what answers up to date: the current generation and nothing else; another one answers
/// from where it is. False if the user does not want to wait.
Result<bool> freshened(ProjectionSession& session, Supervisor& supervisor,
                       std::uint64_t generation) {
  if (generation != 0) return true;
  CatchUp how;
  how.folding = projection::Folding::current;
  REFOLD_TRY(const Caught caught, catch_up(session, supervisor, how));
  if (caught.end == Caught::End::interrupted) {
    (void)interrupted(caught);
    return false;
  }
  note_standstill(caught);
  return true;
}

Result<Exit> run_query(Context& context, const QueryOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  REFOLD_TRY(const bool go_on, freshened(*session, *supervisor, options.generation));
  if (!go_on) return Exit::interrupted;
  REFOLD_TRY(std::string answer, supervisor->query(options.query, pairs_of(options.arguments),
                                                   deadline(), options.generation));
  make_safe(answer, 0);
  const bool pretty = context.out.terminal().is_terminal && !context.json;
  context.out.line(pretty ? pretty_json(answer, context.out.terminal()) : answer);
  return Exit::ok;
}

Result<Exit> run_rows(Context& context, const RowsOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  REFOLD_TRY(const bool go_on, freshened(*session, *supervisor, options.generation));
  if (!go_on) return Exit::interrupted;
  projection::RowRequest request;
  request.backwards = options.backwards;
  request.count_max = options.limit;
  REFOLD_TRY(auto rows, supervisor->rows(options.table, request, deadline(), options.generation));
  for (std::string& row : rows) {
    make_safe(row, 0);
    context.out.line(row);
  }
  return Exit::ok;
}

void declare_generation(CLI::App* command, std::uint64_t& generation) {
  command->add_option("--generation", generation, "ask this one, as it is, not the current one")
      ->type_name("N")
      ->check(whole_number());
}

}  // namespace

void add_query(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "query", "ask a projection",
              "refold query likes top limit=3\n\n"
              "Has the projection catch up first. Prints JSON; 'refold plugin check' and wrong "
              "names list\nwhat may be asked.");
  auto options = std::make_shared<QueryOptions>();
  command->add_option("PROJECTION", options->name, "which one")->required()->type_name("");
  command->add_option("QUERY", options->query, "one of its queries")->required()->type_name("");
  command->add_option("PARAMETER", options->arguments, "NAME=VALUE, as many as the query takes")
      ->type_name("")
      ->check(name_and_value());
  declare_generation(command, options->generation);
  declare_json(command, commands.context);
  choose(command, commands, options, run_query);
}

void add_projection_rows(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "rows", "print the rows of a table, one JSON object a line",
              "refold projection rows likes likes --limit 3\n\n"
              "Has the projection catch up first. In the order of the keys.");
  auto options = std::make_shared<RowsOptions>();
  declare_projection(command, options->name);
  command->add_option("TABLE", options->table, "one of its tables")->required()->type_name("");
  command->add_option("--limit", options->limit, "at most so many, and at most 10,000")
      ->type_name("N")
      ->check(whole_number())
      ->capture_default_str();
  command->add_flag("--backwards", options->backwards, "the last one first");
  declare_generation(command, options->generation);
  declare_json(command, commands.context);
  choose(command, commands, options, run_rows);
}

}  // namespace refold::cli
