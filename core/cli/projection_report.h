#pragma once

#include "core/cli/catch_up.h"
#include "core/cli/context.h"
#include "core/cli/exit.h"

namespace refold::cli {

/// Ends a command that is done at once: says what it did.
[[nodiscard]] Result<Exit> report(Context& context, const projection::Done& done);

/// Says what a command did, when there may be much to do yet. Not with --json.
void announce(Context& context, const projection::Done& done);
/// Says where a projection is, after it has caught up, and what to do with what is held back. With
/// --json: where it is, and what the command did.
void conclude(Context& context, const projection::Done& done, const Caught& caught);
/// Says what a command did, stays until the projection has caught up, and says where it is then.
/// Errors: why it cannot: it is refused, has failed, or is paused.
[[nodiscard]] Result<Exit> stay(Context& context, ProjectionSession& session,
                                projection::Supervisor& supervisor, const projection::Done& done);

/// After a command that gave a projection other code than the configuration names, or removed it:
/// says what becomes of that. Not with --json.
void tell_of_configuration(Context& context, const std::string& projection);

/// The end of a command that was interrupted while it caught up: says what comes next.
[[nodiscard]] Exit interrupted(const Caught& caught);

}  // namespace refold::cli
