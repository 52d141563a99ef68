#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "core/base/result.h"
#include "core/cli/context.h"
#include "core/cli/exit.h"

namespace refold::cli {

/// A command, once its arguments are known. Its Error becomes `refold: ...` and Exit::failed.
using Action = std::function<Result<Exit>(Context&)>;

/// How a command gets into the program: it declares its arguments below `parent` and, when it was
/// the one that the user named, sets `chosen`.
struct Commands {
  CLI::App& parent;
  Context& context;
  Action& chosen;
};

/// Each of these declares one command (docs/cli.md).
void add_init(const Commands& commands);
void add_run(const Commands& commands);
void add_doctor(const Commands& commands);
void add_reload(const Commands& commands);
void add_stop(const Commands& commands);
void add_source(const Commands& commands);
void add_source_list(const Commands& commands);
void add_source_add(const Commands& commands);
void add_source_pause(const Commands& commands);
void add_source_resume(const Commands& commands);
void add_source_remove(const Commands& commands);
void add_source_set(const Commands& commands);
void add_capture(const Commands& commands);
void add_import(const Commands& commands);
void add_backfill(const Commands& commands);
void add_events(const Commands& commands);
void add_log(const Commands& commands);
void add_stat(const Commands& commands);
void add_tail(const Commands& commands);
void add_show(const Commands& commands);
void add_read(const Commands& commands);
void add_verify(const Commands& commands);
void add_root(const Commands& commands);
void add_seal(const Commands& commands);
void add_reindex(const Commands& commands);
void add_redact(const Commands& commands);
void add_cursors(const Commands& commands);
void add_plugin(const Commands& commands);
void add_plugin_check(const Commands& commands);
void add_plugin_new(const Commands& commands);
void add_plugin_load(const Commands& commands);
void add_plugin_upgrade(const Commands& commands);
void add_plugin_unload(const Commands& commands);
void add_plugin_list(const Commands& commands);
void add_projection(const Commands& commands);
void add_projection_list(const Commands& commands);
void add_projection_show(const Commands& commands);
void add_projection_wait(const Commands& commands);
void add_projection_pause(const Commands& commands);
void add_projection_resume(const Commands& commands);
void add_projection_replay(const Commands& commands);
void add_projection_cancel(const Commands& commands);
void add_projection_reset(const Commands& commands);
void add_projection_diff(const Commands& commands);
void add_projection_promote(const Commands& commands);
void add_projection_rollback(const Commands& commands);
void add_projection_prune(const Commands& commands);
void add_projection_verify(const Commands& commands);
void add_projection_retry(const Commands& commands);
void add_projection_skip(const Commands& commands);
void add_projection_rows(const Commands& commands);
void add_query(const Commands& commands);
void add_jobs(const Commands& commands);

}  // namespace refold::cli
