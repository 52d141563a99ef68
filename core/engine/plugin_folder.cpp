#include "core/engine/plugin_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace refold::engine {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t watched_libraries_max = 1'000;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

bool PluginFolder::read_stamp(const fs::path& file, Stamp& stamp) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  stamp = {status.st_ino, status.st_size, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
  return true;
}

std::vector<fs::path> PluginFolder::libraries() {
  std::vector<fs::path> files;
  std::error_code failed;
  fs::directory_iterator at(folder_, failed);
  for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
    const std::string name = at->path().filename().native();
    if (name.starts_with('.') || !name.ends_with(".so")) continue;
    if (files.size() < watched_libraries_max) files.push_back(at->path());
  }
  readable_ = !failed;
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<PluginFolder::Arrival> PluginFolder::look(Clock::time_point now) {
  std::vector<Arrival> arrivals;
  if (folder_.empty()) return arrivals;
  const std::vector<fs::path> files = libraries();
  std::map<fs::path, Seen> seen;
  for (const fs::path& file : files) {
    Seen next{.stamp = {}, .since = now, .was_there = first_};
    if (!read_stamp(file, next.stamp)) continue;
    const auto before = seen_.find(file);
    if (before != seen_.end() && before->second.stamp == next.stamp) next = before->second;
    if (!next.told && now - next.since >= rest_) {
      next.told = true;
      arrivals.push_back({file, next.was_there});
    }
    seen.emplace(file, next);
  }
  first_ = first_ && !readable_;
  seen_ = std::move(seen);
  return arrivals;
}

}  // namespace refold::engine
