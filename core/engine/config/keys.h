#pragma once

#include <vector>

#include "core/engine/config/key.h"

namespace refold::engine {

/// Every key that there is. What reads, writes, compares and documents configurations goes by these
/// lists.

/// Those outside of [[source]] and [[projection]].
[[nodiscard]] const std::vector<Key<Config>>& config_keys();
[[nodiscard]] const std::vector<Key<SourceConfig>>& source_keys();
[[nodiscard]] const std::vector<Key<ProjectionConfig>>& projection_keys();

[[nodiscard]] const Words<Level>& level_words();

}  // namespace refold::engine
