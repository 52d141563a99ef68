#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/base/result.h"

namespace refold::log {

/// The files of a tail: "tail.mdb", and after each compaction "tail.1.mdb", "tail.2.mdb", ...
///
/// A compacted tail is another file under a new name, so that it comes with a lock file of its own:
/// LMDB's lock file holds the transaction numbers and readers of exactly one data file. The highest
/// number is the tail; one atomic rename makes it so. Readers notice that theirs was removed.
[[nodiscard]] std::filesystem::path tail_file(const std::filesystem::path& folder,
                                              std::uint64_t generation);

/// The number of the current file; none if there is no tail.
[[nodiscard]] Result<std::optional<std::uint64_t>> newest_tail(const std::filesystem::path& folder);

/// Removes what else a crash has left of tails: other numbers, their lock files, unfinished copies.
[[nodiscard]] Result<void> remove_other_tails(const std::filesystem::path& folder,
                                              std::uint64_t keep);

/// The end of the name of a file that is not complete yet.
inline constexpr std::string_view unfinished = ".new";

}  // namespace refold::log
