#include <utility>

#include "core/base/characters.h"
#include "core/engine/source_keeper.h"

namespace refold::engine {

Error SourceKeeper::unknown(const std::string& name) const {
  std::vector<std::string> names;
  for (const ingest::SourceStatus& one : list()) {
    if (one.name == name) return {Errc::not_found, "source '" + escaped(name) + "': " + one.why};
    names.push_back(one.name);
  }
  return no_such_source(name, names);
}

/// Of a source that commands may change.
Result<SourceConfig> SourceKeeper::own(const std::string& name, const std::string& verb) const {
  if (const SourceConfig* const found = book_.find(name)) return *found;
  if (!configured_.contains(name)) return unknown(name);
  return Error{Errc::unsupported, "source '" + name + "' is in " + file_.string() + ": " + verb +
                                      " it there, then 'refold reload'"};
}

Result<void> SourceKeeper::keep(SourceBook book) {
  REFOLD_CHECK(write_source_book(data_, book));
  book_ = std::move(book);
  return ok();
}

Result<ingest::SourceStatus> SourceKeeper::status(const std::string& name) const {
  auto found = sources_.status(name);
  if (found.has_error()) return unknown(name);
  return found;
}

Result<void> SourceKeeper::add(SourceConfig wanted) {
  const std::lock_guard changing(changing_);
  // Also one that does not run: a name is there once.
  const bool taken = book_.find(wanted.name) != nullptr || configured_.contains(wanted.name);
  REFOLD_CHECK(check_addition(wanted, taken, book_.sources.size() + configured_.size()));
  REFOLD_CHECK(sources_.add(options_for(wanted)));
  const std::string name = wanted.name;
  SourceBook next = book_;
  next.sources.push_back(std::move(wanted));
  if (auto kept = keep(std::move(next)); kept.has_error()) {
    (void)sources_.remove(name);
    return kept;
  }
  note(name, ok(), "added by command");
  return ok();
}

Result<void> SourceKeeper::remove(const std::string& name) {
  const std::lock_guard changing(changing_);
  REFOLD_CHECK(own(name, "remove"));
  SourceBook next = book_;
  std::erase_if(next.sources, [&](const SourceConfig& one) { return one.name == name; });
  next.paused.erase(name);
  REFOLD_CHECK(keep(std::move(next)));
  // One that could not be started is only in the book.
  forget_failure(name);
  if (sources_.status(name).has_value()) REFOLD_CHECK(sources_.remove(name));
  note(name, ok(), "removed by command");
  return ok();
}

Result<void> SourceKeeper::set_filter(const std::string& name,
                                      const std::vector<std::string>& collections,
                                      const std::vector<std::string>& dids) {
  const std::lock_guard changing(changing_);
  REFOLD_TRY(SourceConfig now, own(name, "change"));
  const SourceConfig before = now;
  now.collections = collections;
  now.dids = dids;
  REFOLD_CHECK(check(now));
  REFOLD_CHECK(status(name));
  SourceBook next = book_;
  *next.find(name) = now;
  REFOLD_CHECK(sources_.set_filter(name, source_options(now).filter));
  if (auto kept = keep(std::move(next)); kept.has_error()) {
    (void)sources_.set_filter(name, source_options(before).filter);
    return kept;
  }
  note(name, ok(), "has another filter by command");
  return ok();
}

Result<void> SourceKeeper::pause(const std::string& name) {
  const std::lock_guard changing(changing_);
  REFOLD_CHECK(status(name));
  SourceBook next = book_;
  next.paused.insert(name);
  REFOLD_CHECK(keep(std::move(next)));
  return sources_.pause(name, paused_by_command);
}

Result<void> SourceKeeper::resume(const std::string& name) {
  const std::lock_guard changing(changing_);
  REFOLD_CHECK(status(name));
  REFOLD_CHECK(sources_.resume(name));
  SourceBook next = book_;
  next.paused.erase(name);
  return next == book_ ? ok() : keep(std::move(next));
}

Result<void> SourceKeeper::set_cursor(const std::string& name, std::uint64_t cursor) {
  REFOLD_CHECK(status(name));
  return sources_.set_cursor(name, cursor);
}

}  // namespace refold::engine
