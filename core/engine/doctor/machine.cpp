#include "core/engine/doctor/machine.h"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "core/base/clock.h"

namespace refold::engine {
namespace {

namespace fs = std::filesystem;

std::uint64_t soft_limit(int resource) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) return 0;
  return limit.rlim_cur == RLIM_INFINITY ? Machine::unlimited : limit.rlim_cur;
}

/// The number that a file of the kernel begins with; `none` if there is none ("max").
std::uint64_t number_in(const char* file, std::uint64_t none) {
  std::ifstream in(file);
  std::uint64_t number = 0;
  return in >> number ? number : none;
}

std::uint64_t memory_of_machine() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto page = ::sysconf(_SC_PAGESIZE);
  const auto all = static_cast<std::uint64_t>(std::max(pages, 0L)) *
                   static_cast<std::uint64_t>(std::max(page, 0L));
  const std::uint64_t limit = number_in("/sys/fs/cgroup/memory.max", Machine::unlimited);
  const std::uint64_t old =
      number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes", Machine::unlimited);
  return std::min({all, limit, old});
}

}  // namespace

Machine Machine::of(const fs::path& folder) {
  Machine machine;
  machine.now_us = refold::now_us();
  std::error_code failed;
  fs::path there = fs::absolute(folder, failed);
  while (!fs::exists(there, failed) && there.has_relative_path()) there = there.parent_path();
  struct statvfs space {};
  if (::statvfs(there.c_str(), &space) == 0) {
    machine.disk_free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
    machine.files_free = space.f_files == 0 ? unlimited : space.f_favail;
  }
  struct statfs kind {};
  if (::statfs(there.c_str(), &kind) == 0) {
    machine.file_system = static_cast<std::uint64_t>(kind.f_type) & 0xffffffffU;
  }
  machine.open_files_max = soft_limit(RLIMIT_NOFILE);
  machine.address_space_max = soft_limit(RLIMIT_AS);
  machine.memory_bytes = memory_of_machine();
  machine.overcommit = static_cast<int>(number_in("/proc/sys/vm/overcommit_memory", 0));
  return machine;
}

std::string file_system_name(std::uint64_t type) {
  static constexpr std::array<std::pair<std::uint64_t, const char*>, 13> known{
      {{0xef53, "ext4"},
       {0x58465342, "XFS"},
       {0x9123683e, "Btrfs"},
       {0x2fc12fc1, "ZFS"},
       {0xf2f52010, "F2FS"},
       {0x01021994, "tmpfs"},
       {0x858458f6, "ramfs"},
       {0x794c7630, "overlayfs"},
       {0x6969, "NFS"},
       {0xff534d42, "CIFS"},
       {0xfe534d42, "SMB"},
       {0x01021997, "9P"},
       {0x65735546, "FUSE"}}};
  for (const auto& [number, name] : known) {
    if (number == type) return name;
  }
  return {};
}

}  // namespace refold::engine
