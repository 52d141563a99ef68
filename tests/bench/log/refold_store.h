#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/index/draft.h"
#include "core/log/segment/segment.h"
#include "core/log/witness_log.h"
#include "tests/bench/log/fields_digest.h"

namespace refold::bench {

/// The events as a source would hand them over, CIDs included. Views into the same memory.
[[nodiscard]] index::DraftBatch drafts_of(std::span<const log::Event> events);

/// Reads every event of the log, or of one collection, every field.
[[nodiscard]] Result<FieldsDigest> scan_log(const log::WitnessLog& log, std::string_view collection,
                                            log::ReadAhead ahead = log::ReadAhead::no);

/// What a log takes on disk.
struct LogSize {
  std::uint64_t files = 0;     ///< all of it, without the index
  std::uint64_t free = 0;      ///< of that, pages of the tail that the next appends fill
  std::uint64_t segments = 0;  ///< the sealed events
};
[[nodiscard]] Result<LogSize> size_of_log(const std::filesystem::path& data);

}  // namespace refold::bench
