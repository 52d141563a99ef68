#include <algorithm>

#include "core/atproto/time_text.h"
#include "core/engine/config/reading.h"
#include "core/engine/doctor/checks.h"

namespace refold::engine {
namespace {

constexpr std::uint64_t files_beside = 256;  ///< of the log, the views, the processes
constexpr std::uint64_t inodes_min = 1'000;
constexpr std::uint64_t memory_min = std::uint64_t{512} << 20;
constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t future_max_us = 5 * second_us;
constexpr std::int64_t first_plausible_us = 1'577'836'800 * second_us;  // 2020

/// For people: of a large number, as many mebibytes.
std::string rounded(std::uint64_t bytes) {
  constexpr std::uint64_t mebi = std::uint64_t{1} << 20;
  return size_text(bytes < mebi ? bytes : bytes - bytes % mebi);
}

}  // namespace

void check_disk(const Config& config, const Machine& machine, Findings& findings) {
  const std::string free =
      rounded(machine.disk_free_bytes) + " are free for " + config.data.string();
  const std::string least = size_text(config.limits.disk_free_min);
  if (machine.disk_free_bytes < config.limits.disk_free_min) {
    findings.fail("disk",
                  free + ", less than limits.disk_free_min (" + least + "): the sources pause",
                  "free some, or have a larger disk; the log only grows");
  } else if (machine.disk_free_bytes / 2 < config.limits.disk_free_min) {
    findings.warn("disk", free + ", not twice limits.disk_free_min (" + least + ")",
                  "free some before the sources pause; a replay needs as much again as its view");
  }
  if (machine.files_free < inodes_min) {
    findings.fail(
        "disk",
        "the file system has room for " + std::to_string(machine.files_free) + " more files only",
        "remove small files: 'df -i' shows where they are counted");
  }
  findings.else_ok("disk", free);
}

void check_file_system(const Machine& machine, Findings& findings) {
  const std::string kind = file_system_name(machine.file_system);
  const std::string is = "the data directory is on " + kind;
  if (kind == "tmpfs" || kind == "ramfs") {
    findings.warn("file system", is + ", which is gone at the next boot",
                  "set data to a folder on a disk");
  } else if (kind == "overlayfs") {
    findings.warn("file system", is + ", which goes with its container",
                  "mount a volume, and set data to a folder in it");
  } else if (kind == "NFS" || kind == "CIFS" || kind == "SMB" || kind == "9P") {
    findings.fail("file system",
                  is + ": locks and shared memory of LMDB do not hold there, and "
                       "the log would be damaged",
                  "set data to a folder on a disk of this machine");
  } else if (kind == "FUSE") {
    findings.warn("file system", is + ", which may or may not do what LMDB needs",
                  "set data to a folder on a file system of the kernel");
  }
  findings.else_ok("file system", kind.empty() ? "of a kind that nothing is known against" : kind);
}

void check_open_files(const Config& config, const Machine& machine, Findings& findings) {
  const std::uint64_t connections = config.http.listen.empty() ? 0 : config.http.connections_max;
  const std::uint64_t needed = files_beside + connections;
  const bool enough = machine.open_files_max >= needed;
  const std::string may = machine.open_files_max == Machine::unlimited
                              ? std::string("as many files as it likes")
                              : std::to_string(machine.open_files_max) + " files";
  const std::string said = "a process may open " + may;
  if (enough) return findings.ok("open files", said);
  findings.warn(
      "open files", said + "; http.connections_max and the rest ask for " + std::to_string(needed),
      "ulimit -n " + std::to_string(needed) + " (systemd: LimitNOFILE=" + std::to_string(needed) +
          "), or a smaller http.connections_max");
}

void check_memory(const Config& config, const Machine& machine, Findings& findings) {
  const std::string has = "there are " + rounded(machine.memory_bytes);
  if (machine.memory_bytes < memory_min) {
    findings.warn("memory", has + "; an engine wants " + size_text(memory_min),
                  "have more, or expect to be killed when much is folded at once");
  }
  const auto processes = static_cast<std::uint64_t>(
      std::count_if(config.projections.begin(), config.projections.end(),
                    [](const auto& one) { return one.isolation != projection::RunsIn::thread; }));
  if (processes > 0 && config.limits.plugin_memory_max > machine.memory_bytes / processes) {
    findings.warn("memory",
                  has + "; " + std::to_string(processes) + " projections in processes may take " +
                      size_text(config.limits.plugin_memory_max) + " each",
                  "a smaller limits.plugin_memory_max: a plugin that takes too much is then ended "
                  "before the system ends something else");
  }
  if (machine.overcommit == 2) {
    findings.warn("memory",
                  "vm.overcommit_memory is 2: the system counts address space that is "
                  "never used as memory",
                  "sysctl vm.overcommit_memory=0, or a smaller limits.map_bytes");
  }
  findings.else_ok("memory", has);
}

void check_address_space(const Config& config, const Machine& machine, std::size_t views,
                         Findings& findings) {
  if (machine.address_space_max == Machine::unlimited) {
    return findings.ok("address space", "is not limited");
  }
  const std::uint64_t maps = 3 + views;  // tail, index, one to spare
  const std::uint64_t needed = config.limits.map_bytes * maps;
  const std::string limit =
      "a process may have " + rounded(machine.address_space_max) + " of address space (ulimit -v)";
  if (machine.address_space_max >= needed) return findings.ok("address space", limit);
  findings.fail("address space",
                limit + ", but " + std::to_string(maps) + " LMDB files of limits.map_bytes take " +
                    size_text(needed),
                "ulimit -v unlimited (systemd: no LimitAS), or a smaller limits.map_bytes");
}

void check_clock(const Machine& machine, const log::LogStat* log, Findings& findings) {
  const std::string now = "the clock says " + atproto::short_time_text(machine.now_us);
  if (machine.now_us < first_plausible_us) {
    findings.fail("clock", now, "set it, and have it kept by NTP: events get their time from it");
  }
  if (log != nullptr && log->last_us > machine.now_us + future_max_us) {
    findings.warn("clock",
                  now + ", but the newest event was witnessed at " +
                      atproto::short_time_text(log->last_us) + ", which is still to come",
                  "set the clock. If it was ahead when that event came, new ones get the same time "
                  "until it has caught up");
  }
  if (log != nullptr && log->clock_back_us > second_us) {
    findings.warn("clock",
                  "it was once set back by " + std::to_string(log->clock_back_us / second_us) +
                      " s, at seq " + std::to_string(log->clock_back_seq),
                  "nothing is to be done about that; have the clock kept by NTP, so that it slews");
  }
  findings.else_ok("clock", now);
}

}  // namespace refold::engine
