#pragma once

#include <string>

namespace refold::engine {

/// The refold.toml that `refold init` writes: every key with its default, as a comment. Read as it
/// is, it gives the defaults; so it does without the "#" before each key.
[[nodiscard]] std::string config_template();

/// The reference of all keys, as docs/operating.md has it: a table in Markdown for each table.
[[nodiscard]] std::string config_reference();

}  // namespace refold::engine
