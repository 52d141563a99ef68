#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace refold::engine {

/// What the checks have to know of the machine that they run on.
struct Machine {
  static constexpr std::uint64_t unlimited = UINT64_MAX;

  std::int64_t now_us = 0;            ///< microseconds since 1970
  std::uint64_t disk_free_bytes = 0;  ///< for this user
  std::uint64_t files_free = 0;       ///< inodes; unlimited: the file system does not count them
  std::uint64_t file_system = 0;      ///< as statfs() has it
  std::uint64_t open_files_max = 0;
  std::uint64_t address_space_max = 0;
  std::uint64_t memory_bytes = 0;  ///< of the machine, or of the container if that has less
  int overcommit = 0;              ///< vm.overcommit_memory

  /// As it is, for a folder that need not be there.
  [[nodiscard]] static Machine of(const std::filesystem::path& folder);
};

/// "ext4", "tmpfs", ...; empty: none that anything is known of.
[[nodiscard]] std::string file_system_name(std::uint64_t type);

}  // namespace refold::engine
