#include "core/ingest/sources.h"

#include <thread>
#include <utility>

#include "core/base/characters.h"

namespace refold::ingest {

Result<std::shared_ptr<Source>> Sources::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = sources_.find(name);
  if (found == sources_.end())
    return Error{Errc::not_found, "there is no source '" + escaped(name) + "'"};
  return found->second;
}

std::vector<std::shared_ptr<Source>> Sources::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Source>> every;
  for (const auto& [name, source] : sources_) every.push_back(source);
  return every;
}

Result<void> Sources::add(SourceOptions options) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return Error{Errc::closed, "the engine stops: no source can be added"};
  if (sources_.count(options.name) > 0)
    return Error{Errc::busy, "there is a source '" + escaped(options.name) +
                                 "' already: remove it, or choose another name"};
  if (sources_.size() >= sources_max)
    return Error{Errc::too_large,
                 "there are " + std::to_string(sources_max) + " sources already: remove one first"};
  const std::string name = options.name;
  const bool held = !hold_.empty() && options.paused.empty();
  if (held) options.paused = hold_;
  REFOLD_TRY(std::shared_ptr<Source> source, Source::start(site_, std::move(options)));
  if (held) held_.insert(name);
  sources_.emplace(name, std::move(source));
  return ok();
}

Result<void> Sources::remove(std::string_view name) {
  REFOLD_TRY(const auto source, find(name));
  {
    const std::lock_guard lock(mutex_);
    const auto found = sources_.find(name);
    // Somebody else may have removed it meanwhile.
    if (found != sources_.end() && found->second == source) {
      sources_.erase(found);
      held_.erase(std::string(name));
    }
  }
  source->pause("it is removed");  // whoever still holds it sees it end
  return ok();
}

Result<void> Sources::pause(std::string_view name, std::string why) {
  REFOLD_TRY(const auto source, find(name));
  source->pause(std::move(why));
  const std::lock_guard lock(mutex_);
  held_.erase(std::string(name));  // it stays paused when the engine lets go
  return ok();
}

Result<void> Sources::resume(std::string_view name) {
  REFOLD_TRY(const auto source, find(name));
  {
    const std::lock_guard lock(mutex_);
    if (!hold_.empty()) return Error{Errc::busy, "no source can be resumed now: " + hold_};
  }
  source->resume();
  return ok();
}

Result<void> Sources::set_filter(std::string_view name, log::Filter filter) {
  REFOLD_TRY(const auto source, find(name));
  return source->set_filter(std::move(filter));
}

Result<void> Sources::set_cursor(std::string_view name, std::uint64_t cursor) {
  REFOLD_TRY(const auto source, find(name));
  return source->set_cursor(cursor);
}

void Sources::hold(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    hold_ = why;
  }
  for (const auto& source : all()) {
    const SourceStatus status = source->status();
    if (status.state == SourceState::paused || status.state == SourceState::ended) continue;
    source->pause(why);
    const std::lock_guard lock(mutex_);
    held_.insert(status.name);
  }
}

void Sources::release() {
  std::vector<std::shared_ptr<Source>> held;
  {
    const std::lock_guard lock(mutex_);
    hold_.clear();
    for (const std::string& name : held_)
      if (const auto found = sources_.find(name); found != sources_.end())
        held.push_back(found->second);
    held_.clear();
  }
  for (const auto& source : held) source->resume();
}

std::vector<SourceStatus> Sources::list() const {
  std::vector<SourceStatus> statuses;
  for (const auto& source : all()) statuses.push_back(source->status());
  return statuses;
}

Result<SourceStatus> Sources::status(std::string_view name) const {
  REFOLD_TRY(const auto source, find(name));
  return source->status();
}

Result<SourceOptions> Sources::options(std::string_view name) const {
  REFOLD_TRY(const auto source, find(name));
  return source->options();
}

void Sources::stop() {
  decltype(sources_) ending;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    ending.swap(sources_);
  }
  std::vector<std::thread> threads;
  for (auto& [name, source] : ending)
    threads.emplace_back([held = std::move(source)]() mutable {
      held->pause("the engine stops");
      held.reset();
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace refold::ingest
