#pragma once

#include "core/base/result.h"
#include "core/isolation/engine_channel.h"

namespace refold::isolation {

/// The other side of LoopInProcess and AnswererInProcess: what a process does that the engine has
/// started. Each receives its order, and works until it is told to stop or has nothing more to do;
/// then the plugin is closed, and the process should end by _exit(). Errors: why it cannot do what
/// it is there for; the engine is to be told.

/// `page`: the descriptor of the CallPage; taken over.
[[nodiscard]] Result<void> serve_loop(EngineChannel& engine, int page);
[[nodiscard]] Result<void> serve_queries(EngineChannel& engine);

}  // namespace refold::isolation
