#include <algorithm>
#include <memory>

#include "core/atproto/quote.h"
#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/projection_text.h"
#include "core/log/witness_log.h"
#include "core/projection/projections.h"

namespace refold::cli {

using projection::ProjectionStatus;

namespace {

struct ProjectionShowOptions {
  std::string name;
};

Result<std::vector<ProjectionStatus>> inspected(const Context& context) {
  if (context.engine != nullptr) {
    std::vector<ProjectionStatus> all;
    for (const std::string& name : context.engine->projections.names()) {
      REFOLD_TRY(const auto supervisor, context.engine->projections.find(name));
      REFOLD_TRY(all.emplace_back(), supervisor->status());
    }
    return all;
  }
  REFOLD_TRY(const auto log, log::WitnessLog::open_reader(context.data));
  return projection::inspect(*log);
}

Result<Exit> run_list(Context& context) {
  REFOLD_TRY(const auto all, inspected(context));
  if (!context.json) {
    context.out.put(projections_text(all, context.out.terminal()));
    return Exit::ok;
  }
  std::string out = "[";
  for (const ProjectionStatus& one : all) {
    if (out.size() > 1) out += ',';
    out += projection_json(one);
  }
  context.out.line(out + "]");
  return Exit::ok;
}

Result<Exit> run_projection_show(Context& context, const ProjectionShowOptions& options) {
  REFOLD_TRY(const auto all, inspected(context));
  const auto found = std::find_if(all.begin(), all.end(), [&](const ProjectionStatus& one) {
    return one.record.name == options.name;
  });
  if (found == all.end()) {
    std::string names;
    for (const auto& one : all) names += (names.empty() ? "" : ", ") + one.record.name;
    return Error{Errc::not_found, "there is no projection " + atproto::quoted(options.name) +
                                      "; there " + (names.empty() ? "are none" : "is " + names)};
  }
  if (context.json) {
    context.out.line(projection_json(*found));
  } else {
    context.out.put(projection_text(*found, context.out.terminal()));
  }
  return Exit::ok;
}

}  // namespace

void add_projection_list(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "list", "all projections: their state, how far they are, how large",
              "refold projection list");
  declare_json(command, commands.context);
  choose(command, commands, run_list);
}

void add_projection_show(const Commands& commands) {
  CLI::App* const command = declare(commands, "show", "one projection, with all its generations",
                                    "refold projection show likes");
  auto options = std::make_shared<ProjectionShowOptions>();
  declare_projection(command, options->name);
  declare_json(command, commands.context);
  choose(command, commands, options, run_projection_show);
}

}  // namespace refold::cli
