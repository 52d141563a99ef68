#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/cli/terminal.h"
#include "core/ingest/source_options.h"

namespace refold::cli {

/// A source as a list shows it.
struct SourceEntry {
  ingest::SourceStatus status;
  bool runs = true;  ///< false: no engine does; all that is known is where it stands
};

/// A table for people, and below it what is not as it should be.
[[nodiscard]] std::string sources_text(const std::vector<SourceEntry>& all, std::int64_t now_us,
                                       const Terminal& terminal);
[[nodiscard]] std::string source_json(const SourceEntry& one, std::int64_t now_us);

}  // namespace refold::cli
