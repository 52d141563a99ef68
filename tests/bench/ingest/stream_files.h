#pragma once

#include <cstdint>
#include <filesystem>

#include "core/base/result.h"

namespace refold::bench {

/// Writes Traffic(seed, events) as a capture of firehose frames: a frame for each event, a commit
/// with its record, its signed commit and the nodes of its tree, about as large as a real one.
[[nodiscard]] Result<void> write_frames(const std::filesystem::path& file, std::uint64_t seed,
                                        std::uint64_t events);

/// Writes `records` records of that traffic as repos: CARs of 1,000 records each, every one behind
/// its length as frames are.
[[nodiscard]] Result<void> write_repos(const std::filesystem::path& file, std::uint64_t seed,
                                       std::uint64_t records);

/// Writes the same events as lines of Jetstream v1.
[[nodiscard]] Result<void> write_lines(const std::filesystem::path& file, std::uint64_t seed,
                                       std::uint64_t events);

}  // namespace refold::bench
