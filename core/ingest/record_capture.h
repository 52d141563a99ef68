#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>

#include "core/base/result.h"
#include "core/ingest/source_options.h"
#include "core/net/runtime.h"

namespace refold::ingest {

/// What a capture holds so far.
struct CaptureProgress {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  ///< of the file
};

/// Writes what a server sends into a new file, as it comes and without a look into it: frames of a
/// firehose each behind its length, the messages of a Jetstream as lines. Of some collections or
/// accounts only a Jetstream's can be, which sends no others.
///
/// Ends well when `stop` is requested, or after `messages_max` messages (0: no end). It does not
/// connect again: a capture is one connection. `progress` may be empty. Errors: those of the
/// connection and of the file, which then holds what came before; `invalid` if the file exists.
[[nodiscard]] Result<CaptureProgress> record_capture(
    net::Runtime& runtime, const SourceOptions& options, const std::filesystem::path& file,
    std::uint64_t messages_max, const std::stop_token& stop,
    const std::function<void(const CaptureProgress&)>& progress);

}  // namespace refold::ingest
