#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/cli/output.h"
#include "core/engine/source_keeper.h"
#include "core/index/recorder.h"
#include "core/projection/projections.h"
#include "core/server/jobs.h"

namespace refold::cli {

/// What a command finds open in the engine that it runs in.
struct EngineHandles {
  log::WitnessLog& log;
  index::Recorder& recorder;
  projection::Projections& projections;
  server::Jobs& jobs;
  engine::SourceKeeper* sources = nullptr;
  std::function<Result<std::string>()> reload{};  ///< says what has changed
  /// The plugin's file that the configuration names for a projection; empty: none.
  std::function<std::filesystem::path(const std::string& projection)> configured_plugin{};
};

/// What every command is given.
struct Context {
  std::filesystem::path data = "refold-data";
  bool json = false;
  /// Whether it runs in the engine, if there is one for `data`.
  bool in_engine = false;
  Output& out;
  const EngineHandles* engine = nullptr;  ///< null: it opens the files itself
};

}  // namespace refold::cli
