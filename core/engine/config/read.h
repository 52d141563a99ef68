#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/config/config.h"

namespace refold::engine {

inline constexpr const char* config_file_name = "refold.toml";
inline constexpr std::uint64_t config_bytes_max = std::uint64_t{1} << 20;

/// One thing that is wrong with a configuration.
struct ConfigProblem {
  std::string where;     ///< "refold.toml:12:3", or the environment's variable
  std::string key;       ///< "http.listen"; empty: it is about the file
  std::string sentence;  ///< what is wrong, and what would be right
  std::uint32_t line = 0;

  [[nodiscard]] std::string text() const;
};

struct ReadConfig {
  Config config;  ///< paths are absolute; only to be used if there are no problems
  std::vector<ConfigProblem> problems;  ///< all of them, by line
};

/// Variables by name: `REFOLD_HTTP_LISTEN` stands for http.listen and so on, and wins over the
/// file.
using Environment = std::map<std::string, std::string>;
/// Those of this process that begin with REFOLD_.
[[nodiscard]] Environment environment_of_this_process();

/// The text of a file of at most config_bytes_max. Errors: `not_found`, `too_large`, `invalid` (a
/// folder), `io`.
[[nodiscard]] Result<std::string> config_text(const std::filesystem::path& file);

/// Reads and checks a configuration: the file, the secrets that it names, and what the environment
/// says instead. Paths in the file are relative to it, those in the environment to where this
/// process is.
[[nodiscard]] ReadConfig read_config(const std::filesystem::path& file,
                                     const Environment& environment);
/// The same without a file: the defaults, and what the environment says.
[[nodiscard]] ReadConfig default_config(const Environment& environment);

/// read_config() as a Result: the Error has every problem on a line of its own.
[[nodiscard]] Result<Config> config_of(ReadConfig read);

/// The variable that stands for a key: "REFOLD_HTTP_LISTEN".
[[nodiscard]] std::string variable_of(std::string_view key);

/// Names of variables that begin with REFOLD_ and mean nothing to anybody.
[[nodiscard]] std::vector<std::string> unknown_variables(const Environment& environment);

}  // namespace refold::engine
