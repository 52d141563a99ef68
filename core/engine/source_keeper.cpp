#include "core/engine/source_keeper.h"

#include <charconv>
#include <utility>

#include "core/engine/config/reading.h"
#include "core/engine/doctor/machine.h"

namespace refold::engine {

namespace {

constexpr std::chrono::milliseconds look_pause{1'000};

/// What can change while a source runs is left out.
bool same_upstream(SourceConfig one, SourceConfig other) {
  one.collections = other.collections = {};
  one.dids = other.dids = {};
  return one == other;
}

}  // namespace

ingest::SourceOptions source_options(const SourceConfig& config) {
  ingest::SourceOptions options;
  options.name = config.name;
  options.kind = config.kind;
  const bool capture = config.kind == ingest::SourceKind::capture;
  options.url = capture ? config.file.string() : config.url;
  options.filter.collections = config.collections;
  options.filter.dids = config.dids;
  options.private_addresses = config.private_addresses;
  options.ca_file = config.ca_file;
  options.dictionary = config.dictionary;
  std::uint64_t cursor = 0;
  const std::string& start = config.start;
  const auto read = std::from_chars(start.data(), start.data() + start.size(), cursor);
  if (start == "oldest" || read.ec == std::errc{}) options.start = cursor;
  if (capture) options.start.reset();
  return options;
}

SourceKeeper::SourceKeeper(ingest::Sources& sources, Logging& logging, std::filesystem::path data)
    : SourceKeeper(
          sources, logging, std::move(data),
          [](const std::filesystem::path& folder) { return Machine::of(folder).disk_free_bytes; },
          look_pause) {}

SourceKeeper::SourceKeeper(ingest::Sources& sources, Logging& logging, std::filesystem::path data,
                           FreeBytes free_bytes, std::chrono::milliseconds pause)
    : sources_(sources),
      logging_(logging),
      data_(std::move(data)),
      free_bytes_(std::move(free_bytes)),
      pause_(pause) {
  thread_ = std::thread([this] { run(); });
}

SourceKeeper::~SourceKeeper() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SourceKeeper::configure(const std::vector<SourceConfig>& wanted, std::uint64_t disk_free_min) {
  {
    const std::lock_guard lock(mutex_);
    disk_free_min_ = disk_free_min;
  }
  // Before anything is recorded: there may be no room.
  look_at_disk();
  const std::lock_guard configuring(configuring_);
  std::map<std::string, SourceConfig> next;
  for (const SourceConfig& one : wanted) next.emplace(one.name, one);
  for (const auto& [name, before] : configured_) {
    if (!next.contains(name)) remove(name);
  }
  for (const auto& [name, now] : next) {
    const auto before = configured_.find(name);
    before == configured_.end() ? add(now) : change(before->second, now);
  }
  configured_ = std::move(next);
}

void SourceKeeper::note(const std::string& name, const Result<void>& done,
                        const std::string& what) {
  if (done.has_value()) return logging_.write("source", Level::info, name + ": " + what);
  logging_.write("source", Level::error, name + ": " + done.error().message);
}

void SourceKeeper::remove(const std::string& name) { note(name, sources_.remove(name), "removed"); }

void SourceKeeper::add(const SourceConfig& wanted) {
  note(wanted.name, sources_.add(source_options(wanted)), "added");
}

void SourceKeeper::change(const SourceConfig& before, const SourceConfig& now) {
  if (before == now) return;
  // One that could not be added before is tried again.
  if (same_upstream(before, now) && sources_.status(now.name).has_value()) {
    return note(now.name, sources_.set_filter(now.name, source_options(now).filter),
                "has another filter");
  }
  if (sources_.status(now.name).has_value()) remove(now.name);
  add(now);
}

std::vector<std::string> SourceKeeper::trouble() const {
  std::vector<std::string> all;
  {
    const std::lock_guard lock(mutex_);
    if (!held_.empty()) all.push_back(held_);
  }
  for (const ingest::SourceStatus& one : sources_.list()) {
    if (one.gaps > 0) {
      all.push_back("source " + one.name + " has lost events (" + std::to_string(one.gaps) +
                    " gaps since it was started)");
    }
    const bool stands =
        one.state == ingest::SourceState::paused || one.state == ingest::SourceState::waiting;
    if (stands) all.push_back("source " + one.name + ": " + one.why);
  }
  return all;
}

void SourceKeeper::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    look_at_disk();
    look();
    lock.lock();
    changed_.wait_for(lock, pause_, [this] { return ending_; });
  }
}

void SourceKeeper::look_at_disk() {
  const std::uint64_t free = free_bytes_(data_);
  std::unique_lock lock(mutex_);
  // With some to spare, or they would start and stop at the limit.
  const bool was_held = !held_.empty();
  const std::uint64_t wanted = was_held ? disk_free_min_ + disk_free_min_ / 10 : disk_free_min_;
  const bool hold = free < wanted;
  if (hold == was_held) return;
  held_ = hold ? "the disk has less than limits.disk_free_min (" + size_text(disk_free_min_) +
                     ") free: sources are paused until there is more"
               : std::string();
  const std::string why = held_;
  lock.unlock();
  hold ? sources_.hold(why) : sources_.release();
  logging_.write("source", hold ? Level::error : Level::info,
                 hold ? why : "there is room on the disk again: sources go on");
}

void SourceKeeper::look() {
  for (const ingest::SourceStatus& one : sources_.list()) tell(one);
}

void SourceKeeper::tell(const ingest::SourceStatus& status) {
  std::string state(ingest::name(status.state));
  if (!status.why.empty()) state += ": " + status.why;
  std::string& before = states_[status.name];
  if (state == before) return;
  before = state;
  const bool bad =
      status.state == ingest::SourceState::paused || status.state == ingest::SourceState::waiting;
  logging_.write("source", bad ? Level::warn : Level::info, status.name + " is " + state);
}

}  // namespace refold::engine
