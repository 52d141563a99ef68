#include "core/engine/source_keeper.h"

#include <algorithm>
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

SourceKeeper::SourceKeeper(ingest::Sources& sources, Logging& logging, std::filesystem::path data,
                           SourceBook book)
    : SourceKeeper(
          sources, logging, std::move(data), std::move(book),
          [](const std::filesystem::path& folder) { return Machine::of(folder).disk_free_bytes; },
          look_pause) {}

SourceKeeper::SourceKeeper(ingest::Sources& sources, Logging& logging, std::filesystem::path data,
                           SourceBook book, FreeBytes free_bytes, std::chrono::milliseconds pause)
    : sources_(sources),
      logging_(logging),
      data_(std::move(data)),
      free_bytes_(std::move(free_bytes)),
      pause_(pause),
      book_(std::move(book)) {
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

std::vector<std::string> SourceKeeper::configure(const Config& config) {
  {
    const std::lock_guard lock(mutex_);
    disk_free_min_ = config.limits.disk_free_min;
  }
  // Before anything is recorded: there may be no room.
  look_at_disk();
  const std::lock_guard changing(changing_);
  file_ = config.file;
  std::map<std::string, SourceConfig> next;
  for (const SourceConfig& one : config.sources) next.emplace(one.name, one);
  for (const auto& [name, before] : configured_) {
    if (!next.contains(name)) drop(name);
  }
  give_way(next);
  for (const auto& [name, now] : next) {
    const auto before = configured_.find(name);
    before == configured_.end() ? begin(now) : change(before->second, now);
  }
  configured_ = std::move(next);
  for (const SourceConfig& one : book_.sources) {
    if (sources_.status(one.name).has_error()) begin(one);
  }
  forget_pauses();
  std::vector<std::string> said;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, status] : failed_) said.push_back("source." + name + ": " + status.why);
  return said;
}

void SourceKeeper::give_way(const std::map<std::string, SourceConfig>& configured) {
  SourceBook next = book_;
  std::erase_if(next.sources,
                [&](const SourceConfig& one) { return configured.contains(one.name); });
  if (next == book_) return;
  for (const SourceConfig& one : book_.sources) {
    if (next.find(one.name) != nullptr) continue;
    logging_.write("source", Level::warn,
                   one.name +
                       ": the one of the configuration takes the place of the one that was "
                       "added by command");
    drop(one.name);
  }
  if (const auto kept = keep(std::move(next)); kept.has_error()) {
    logging_.write("source", Level::error, kept.error().message);
  }
}

/// Of sources that are no more.
void SourceKeeper::forget_pauses() {
  SourceBook next = book_;
  std::erase_if(next.paused, [&](const std::string& name) {
    return !configured_.contains(name) && next.find(name) == nullptr;
  });
  if (next == book_) return;
  if (const auto kept = keep(std::move(next)); kept.has_error()) {
    logging_.write("source", Level::error, kept.error().message);
  }
}

void SourceKeeper::note(const std::string& name, const Result<void>& done,
                        const std::string& what) {
  if (done.has_value()) return logging_.write("source", Level::info, name + ": " + what);
  logging_.write("source", Level::error, name + ": " + done.error().message);
}

void SourceKeeper::drop(const std::string& name) {
  forget_failure(name);
  if (sources_.status(name).has_value()) note(name, sources_.remove(name), "removed");
}

void SourceKeeper::fail(const SourceConfig& wanted, const Error& error) {
  const ingest::SourceOptions options = source_options(wanted);
  ingest::SourceStatus status;
  status.name = options.name;
  status.kind = options.kind;
  status.url = options.url;
  status.filter = options.filter;
  status.state = ingest::SourceState::paused;
  status.why = "it could not be started: " + error.message;
  const std::lock_guard lock(mutex_);
  failed_[wanted.name] = std::move(status);
}

void SourceKeeper::forget_failure(const std::string& name) {
  const std::lock_guard lock(mutex_);
  failed_.erase(name);
}

ingest::SourceOptions SourceKeeper::options_for(const SourceConfig& config) const {
  ingest::SourceOptions options = source_options(config);
  if (book_.paused.contains(config.name)) options.paused = paused_by_command;
  return options;
}

void SourceKeeper::begin(const SourceConfig& wanted) {
  const auto begun = sources_.add(options_for(wanted));
  note(wanted.name, begun, "added");
  begun.has_value() ? forget_failure(wanted.name) : fail(wanted, begun.error());
}

void SourceKeeper::change(const SourceConfig& before, const SourceConfig& now) {
  const bool there = sources_.status(now.name).has_value();
  if (there && before == now) return;
  if (there && same_upstream(before, now)) {
    return note(now.name, sources_.set_filter(now.name, source_options(now).filter),
                "has another filter");
  }
  drop(now.name);
  begin(now);
}

std::vector<ingest::SourceStatus> SourceKeeper::list() const {
  auto all = sources_.list();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, status] : failed_) all.push_back(status);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

std::string SourceKeeper::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

std::vector<std::string> SourceKeeper::trouble() const {
  std::vector<std::string> all;
  const std::string held = this->held();
  if (!held.empty()) all.push_back(held);
  for (const ingest::SourceStatus& one : list()) {
    const bool stands =
        one.state == ingest::SourceState::paused || one.state == ingest::SourceState::waiting;
    if (stands && one.why != paused_by_command && one.why != held)
      all.push_back("source " + one.name + ": " + one.why);
  }
  return all;
}

std::vector<std::string> SourceKeeper::losses() const {
  std::vector<std::string> all;
  for (const ingest::SourceStatus& one : sources_.list()) {
    if (one.gaps == 0) continue;
    all.push_back("source " + one.name + " has lost events: " + std::to_string(one.gaps) +
                  (one.gaps == 1 ? " gap" : " gaps") +
                  " since it was started; 'refold log read --kind gap' shows them, and 'refold "
                  "backfill' fetches what is missing");
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
  const std::lock_guard looking(disk_);
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
