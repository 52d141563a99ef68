#pragma once

#include "core/engine/config/key.h"

namespace refold::engine {

/// Keys whose values are tables, or need rules of their own.
[[nodiscard]] Key<Config> xrpc_key();
[[nodiscard]] Key<Config> levels_key();
[[nodiscard]] Key<SourceConfig> verification_key();
[[nodiscard]] Key<ProjectionConfig> sha256_key();
[[nodiscard]] Key<ProjectionConfig> options_key();

}  // namespace refold::engine
