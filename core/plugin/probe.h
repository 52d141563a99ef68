#pragma once

#include <chrono>
#include <filesystem>

#include "core/plugin/manifest.h"

namespace refold::plugin {

struct ProbeOptions {
  /// The program that does it: `refold-runner`. Empty: the one beside this program.
  std::filesystem::path runner;
  std::chrono::milliseconds time_limit = std::chrono::seconds(5);
  std::size_t memory_bytes_max = std::size_t{1} << 30;
};

struct Probed {
  PluginInfo info;
  bool pinned = false;  ///< it stays mapped after it was closed: it can never be unloaded
};

/// Loads the library in a child process, starts it, makes and destroys an instance of each
/// projection with the options' fallbacks, stops and closes it. So a crash, a hang or a leak of
/// memory there is an answer, not an outage. Errors: `invalid`, `unsupported`: why it is refused, in
/// a sentence ("crashed (SIGSEGV) while creating an instance of 'likes'").
[[nodiscard]] Result<Probed> probe(const std::filesystem::path& library,
                                   const ProbeOptions& options = {});

}  // namespace refold::plugin
