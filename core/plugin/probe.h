#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/plugin/manifest.h"

namespace refold::plugin {

struct ProbeOptions {
  /// The program that does it: `refold-runner`. Empty: the one that find_runner() finds.
  std::filesystem::path runner{};
  std::chrono::milliseconds time_limit = std::chrono::seconds(30);
  std::size_t memory_bytes_max = std::size_t{1} << 30;
};

struct Probed {
  PluginInfo info;
  bool pinned = false;  ///< it stays mapped after it was closed: it can never be unloaded
  /// Sentences about what was not tried: a projection whose options must be given has no instance.
  std::vector<std::string> untried;
  friend bool operator==(const Probed&, const Probed&) = default;
};

/// Loads the library in a child process, starts it, makes and destroys an instance of each
/// projection with the options' fallbacks, stops and closes it. So a crash, a hang or a leak of
/// memory there is an answer, not an outage. It does not keep out who means harm: the child runs as
/// this user. Blocks for at most the time limit. Any thread.
///
/// Errors: `invalid`, `unsupported`, `too_large`: why it is refused, in a sentence ("crashed
/// (SIGSEGV) while creating an instance of 'likes'"); `not_found`, `io`: it could not be tried.
[[nodiscard]] Result<Probed> probe(const std::filesystem::path& library,
                                   const ProbeOptions& options = {});

/// Where `refold-runner` is: beside this program, else in ../libexec/refold/ from there. Errors:
/// `not_found` names both places.
[[nodiscard]] Result<std::filesystem::path> find_runner();

/// Where the plugins that come with a program are installed: ../lib/refold/plugins from there.
[[nodiscard]] std::filesystem::path shipped_folder(const std::filesystem::path& program);

/// Whether a library, or what a link of its name leads to, lies in that folder of a program: this
/// one. Says nothing of who else may write there: stage() does.
[[nodiscard]] bool is_shipped(const std::filesystem::path& library,
                              const std::filesystem::path& program = "/proc/self/exe");

}  // namespace refold::plugin
