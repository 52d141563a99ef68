#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/cli/context.h"
#include "core/engine/config/config.h"

namespace refold::cli {

/// A source as a user names it on the command line.
struct SourceArguments {
  std::string url;
  std::string kind;  ///< empty: as the URL has it
  std::vector<std::string> collections;
  std::vector<std::string> dids;
  std::string start = "now";
  bool private_addresses = false;
  std::string ca_file;
  std::string dictionary;
};

/// Adds --collection and --did.
void declare_filter(CLI::App* command, std::vector<std::string>& collections,
                    std::vector<std::string>& dids);
/// Adds URL and the options.
void declare_source(CLI::App* command, SourceArguments& arguments);

/// What they mean; files as the user's console finds them. Errors: `invalid` for a kind that there
/// is not; all else is for engine::check().
[[nodiscard]] Result<engine::SourceConfig> source_of(const std::string& name,
                                                     const SourceArguments& arguments);

/// The sources of a configuration, if that is about this data directory. `file` empty: the one that
/// is here, if there is one.
[[nodiscard]] Result<std::vector<engine::SourceConfig>> configured_sources(const Context& context,
                                                                           const std::string& file);

}  // namespace refold::cli
