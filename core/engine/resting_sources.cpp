#include "core/engine/resting_sources.h"

#include <algorithm>
#include <utility>

#include "core/index/recorder.h"

namespace refold::engine {

Result<std::unique_ptr<RestingSources>> RestingSources::open(const std::filesystem::path& data,
                                                             std::vector<SourceConfig> configured) {
  REFOLD_TRY(WriterLock lock, WriterLock::take(data / "log" / "writer.lock"));
  REFOLD_TRY(SourceBook book, read_source_book(data));
  return std::unique_ptr<RestingSources>(
      new RestingSources(data, std::move(configured), std::move(book), std::move(lock)));
}

const SourceConfig* RestingSources::find(const std::string& name) const {
  const auto found = std::find_if(configured_.begin(), configured_.end(),
                                  [&](const SourceConfig& one) { return one.name == name; });
  return found == configured_.end() ? book_.find(name) : &*found;
}

Error RestingSources::unknown(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto* const all : {&configured_, &book_.sources}) {
    for (const SourceConfig& one : *all) names.push_back(one.name);
  }
  return no_such_source(name, names);
}

Result<void> RestingSources::check_own(const std::string& name, const std::string& verb) const {
  const SourceConfig* const found = find(name);
  if (found == nullptr) return unknown(name);
  if (found == book_.find(name)) return ok();
  return Error{Errc::unsupported,
               "source '" + name + "' is in the configuration: " + verb + " it there"};
}

Result<void> RestingSources::keep(SourceBook book) {
  REFOLD_CHECK(write_source_book(data_, book));
  book_ = std::move(book);
  return ok();
}

Result<void> RestingSources::add(SourceConfig wanted) {
  REFOLD_CHECK(check_addition(wanted, find(wanted.name) != nullptr,
                              book_.sources.size() + configured_.size()));
  SourceBook next = book_;
  next.sources.push_back(std::move(wanted));
  return keep(std::move(next));
}

Result<void> RestingSources::remove(const std::string& name) {
  REFOLD_CHECK(check_own(name, "remove"));
  SourceBook next = book_;
  std::erase_if(next.sources, [&](const SourceConfig& one) { return one.name == name; });
  next.paused.erase(name);
  return keep(std::move(next));
}

Result<void> RestingSources::set_filter(const std::string& name,
                                        const std::vector<std::string>& collections,
                                        const std::vector<std::string>& dids) {
  REFOLD_CHECK(check_own(name, "change"));
  SourceBook next = book_;
  SourceConfig& one = *next.find(name);
  one.collections = collections;
  one.dids = dids;
  REFOLD_CHECK(check(one));
  return keep(std::move(next));
}

Result<void> RestingSources::pause(const std::string& name) {
  if (find(name) == nullptr) return unknown(name);
  SourceBook next = book_;
  next.paused.insert(name);
  return keep(std::move(next));
}

Result<void> RestingSources::resume(const std::string& name) {
  if (find(name) == nullptr) return unknown(name);
  SourceBook next = book_;
  next.paused.erase(name);
  return keep(std::move(next));
}

Result<void> RestingSources::set_cursor(const std::string& name, std::uint64_t cursor) {
  const SourceConfig* const found = find(name);
  if (found == nullptr) return unknown(name);
  if (found->kind == SourceKind::capture)
    return invalid("source '" + name + "' is a file: it has no cursor");
  // The recorder takes the lock itself.
  lock_.reset();
  index::RecorderOptions options;
  options.seal_above_events = 0;
  REFOLD_TRY(const auto recorder, index::Recorder::open(data_, options));
  index::DraftBatch batch;
  batch.source = name;
  batch.extras.cursors.push_back(
      {ingest::cursor_name(source_options(*found)), std::to_string(cursor)});
  REFOLD_CHECK(recorder->record(std::move(batch)));
  return ok();
}

Result<ingest::SourceStatus> RestingSources::status(const std::string& name) const {
  const SourceConfig* const found = find(name);
  if (found == nullptr) return unknown(name);
  ingest::SourceStatus status;
  status.name = name;
  status.kind = found->kind;
  status.filter = source_options(*found).filter;
  status.state = ingest::SourceState::paused;
  return status;
}

}  // namespace refold::engine
