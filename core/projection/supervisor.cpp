#include "core/projection/supervisor.h"

#include <algorithm>
#include <utility>

namespace refold::projection {
namespace {

/// How soon is tried again what did not work: a full catalog, a promotion, a view in use.
constexpr std::chrono::milliseconds again_after{500};
/// How long a promotion that nobody asked for may keep others from giving commands.
constexpr std::chrono::milliseconds own_patience{1'000};
/// How long a query of a generation that went is waited for, each time.
constexpr std::chrono::milliseconds sweep_patience{50};

}  // namespace

Supervisor::Supervisor(Environment& environment, ProjectionRecord record)
    : environment_(environment),
      name_(record.name),
      record_(std::move(record)),
      folding_(environment.options.folding) {}

Supervisor::~Supervisor() {
  {
    const std::lock_guard lock(signal_mutex_);
    ending_ = true;
  }
  signal_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (auto& [number, generation] : open_) {
    if (generation.runner) generation.runner->request_stop();
  }
  // Their threads still call changed().
  open_.clear();
}

void Supervisor::start() {
  const std::lock_guard lock(mutex_);
  remove_unlisted_views(environment_, record_);
  for (const GenerationRecord& one : record_.generations) {
    const bool rests = one.state == State::retired && !is_warm(one);
    if (!rests) (void)ensure_open(one);
  }
  follow_the_program();
  publish();
  reconcile();
  thread_ = std::thread([this] { attend(); });
}

void Supervisor::fold(Folding what) {
  const std::lock_guard lock(mutex_);
  folding_ = what;
  reconcile();
}

/// Code that is built into the program may be another one than when this was left: what it cannot
/// go on with it builds anew, as an upgrade would. That it could not is to be seen in the status.
void Supervisor::follow_the_program() {
  const auto outdated = [this](const GenerationRecord& record) {
    const Generation* const generation = open(record.number);
    return generation != nullptr && generation->other_code;
  };
  if (const GenerationRecord* const building = under_way(); building && outdated(*building)) {
    if (drop({building->number}).has_error()) return;
  }
  GenerationRecord next = *record_.find(record_.current);
  if (under_way() != nullptr || !outdated(next)) return;
  next.state = State::building;
  next.hold = false;
  next.slice = {};
  next.until = no_end;
  (void)build(std::move(next));
}

void Supervisor::attend() {
  std::unique_lock lock(signal_mutex_);
  while (!ending_) {
    const auto due = [this] { return signalled_ || ending_; };
    signal_.wait(lock, [&] { return due() || pending_; });
    if (pending_) signal_.wait_for(lock, again_after, due);
    if (ending_) return;
    signalled_ = pending_ = false;
    lock.unlock();
    look_after();
    lock.lock();
  }
}

void Supervisor::changed() {
  {
    const std::lock_guard lock(signal_mutex_);
    signalled_ = true;
  }
  signal_.notify_all();
}

void Supervisor::try_again_soon() {
  {
    const std::lock_guard lock(signal_mutex_);
    pending_ = true;
  }
  signal_.notify_all();
}

void Supervisor::look_after() {
  const std::lock_guard lock(mutex_);
  look();
  promote_caught_up();
  sweep();
  reconcile();
  if (unsaved_ && environment_.catalog.put(record_).has_value()) unsaved_ = false;
  const std::lock_guard signal(signal_mutex_);
  pending_ = pending_ || unsaved_ || !leftovers_.empty() || !trash_.empty();
}

bool Supervisor::has_caught_up(const GenerationRecord& record) const {
  const auto found = open_.find(record.number);
  if (record.state != State::building || found == open_.end() || !found->second.runner) {
    return false;
  }
  const Generation& generation = found->second;
  return !generation.held && !record_.paused && !record.failure &&
         generation.runner->progress().caught_up;
}

/// Precondition of every command. Errors: `closed` to those who have waited while it was removed.
Result<void> Supervisor::look_first() {
  if (record_.generations.empty()) {
    return Error{Errc::closed, "'" + name_ + "' was unloaded meanwhile"};
  }
  look();
  return ok();
}

/// Takes note of what the loops have come to since anybody looked.
void Supervisor::look() {
  for (auto& [number, generation] : open_) take_notice(generation);
  bool changed_state = false;
  for (GenerationRecord& one : record_.generations) {
    if (!has_caught_up(one) || !(one.number == record_.current || one.hold)) continue;
    one.state = one.hold ? State::ready : State::live;
    changed_state = true;
  }
  if (changed_state && environment_.catalog.put(record_).has_error()) unsaved_ = true;
}

/// What has caught up takes the place of the current one.
void Supervisor::promote_caught_up() {
  for (const GenerationRecord& one : record_.generations) {
    if (!has_caught_up(one)) continue;
    const auto deadline = std::chrono::steady_clock::now() + own_patience;
    if (make_current(*open(one.number), "projection.promote", deadline).has_error()) {
      try_again_soon();
    }
    return;
  }
}

Result<void> Supervisor::save(ProjectionRecord next) {
  if (auto put = environment_.catalog.put(next); put.has_error()) {
    // It may be there all the same: what is so is told again.
    unsaved_ = true;
    try_again_soon();
    return put;
  }
  record_ = std::move(next);
  unsaved_ = false;
  return ok();
}

const GenerationRecord* Supervisor::newest_retired() const {
  const GenerationRecord* newest = nullptr;
  for (const GenerationRecord& one : record_.generations) {
    if (one.state != State::retired) continue;
    if (newest == nullptr || one.retired > newest->retired) newest = &one;
  }
  return newest;
}

bool Supervisor::is_warm(const GenerationRecord& record) const {
  return record_.keep_warm && newest_retired() == &record;
}

Generation* Supervisor::open(std::uint64_t number) {
  const auto found = open_.find(number);
  return found == open_.end() ? nullptr : &found->second;
}

Generation& Supervisor::ensure_open(const GenerationRecord& record) {
  if (Generation* const generation = open(record.number)) return *generation;
  return open_
      .emplace(record.number, open_generation(environment_, name_, record, [this] { changed(); }))
      .first->second;
}

/// What queries find from now on is the current generation as it is now.
void Supervisor::publish() {
  const Generation* const current = open(record_.current);
  const ServingPointer next =
      current == nullptr ? std::make_shared<const Serving>() : serving_of(*current);
  if (next->applied) next->applied->set_current(true);
  ServingPointer before;
  {
    const std::lock_guard lock(serving_mutex_);
    before = std::exchange(serving_, next);
  }
  if (before && before->applied && before->applied != next->applied) {
    before->applied->set_current(false);
  }
}

void Supervisor::sweep() {
  std::erase_if(leftovers_, [](const std::shared_ptr<Queries>& queries) {
    return queries->close(std::chrono::steady_clock::now() + sweep_patience);
  });
  std::erase_if(trash_, [](const std::filesystem::path& folder) {
    return view::remove_view(folder).has_value();
  });
}

Error Supervisor::being_verified() const {
  return {Errc::busy, "'" + name_ + "' is being verified; wait for that, or stop it"};
}

std::string Supervisor::title(std::uint64_t generation) const {
  return "generation " + std::to_string(generation) + " of '" + name_ + "'";
}

ProjectionRecord Supervisor::record() const {
  const std::lock_guard lock(mutex_);
  return record_;
}

}  // namespace refold::projection
