#include "core/ingest/source_run.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "core/base/clock.h"

namespace refold::ingest {
namespace {

SourceStatus first_status(const SourceOptions& options) {
  SourceStatus status;
  status.name = options.name;
  status.kind = options.kind;
  status.url = options.url;
  status.filter = options.filter;
  return status;
}

/// A filter as it is kept in a mark. Long ones by their digest: whether it changed is what counts.
std::string filter_text(const log::Filter& filter) {
  constexpr std::size_t text_bytes_max = 3'000;
  std::string text = "collections";
  for (const std::string& one : filter.collections) text += " " + one;
  text += "\ndids";
  for (const std::string& one : filter.dids) text += " " + one;
  if (text.size() <= text_bytes_max) return text;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string digest = "sha256 ";
  for (const std::uint8_t byte : sha256(bytes_of(text))) {
    digest += digits[byte >> 4];
    digest += digits[byte & 15];
  }
  return digest;
}

}  // namespace

Source::Impl::Impl(SourceSite site, SourceOptions options)
    : site_(std::move(site)),
      board_(first_status(options)),
      backoff_(options.backoff, std::random_device{}()),
      options_(std::move(options)) {}

Result<std::unique_ptr<Source::Impl>> Source::Impl::make(SourceSite site, SourceOptions options) {
  REFOLD_TRY(auto matcher, log::Matcher::make(options.filter));
  std::unique_ptr<Impl> impl(new Impl(std::move(site), std::move(options)));
  REFOLD_CHECK(impl->record_scope(impl->options_.filter));
  impl->scope_.set(std::move(matcher));
  if (!impl->options_.paused.empty()) impl->begin_paused();
  impl->thread_ = std::thread([made = impl.get()] { made->run(); });
  return impl;
}

void Source::Impl::begin_paused() {
  paused_ = true;
  board_.change([&](SourceStatus& status) {
    status.state = SourceState::paused;
    status.why = options_.paused;
  });
}

Source::Impl::~Impl() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    session_stop_.request_stop();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

SourceOptions Source::Impl::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

void Source::Impl::pause(std::string why) {
  std::unique_lock lock(mutex_);
  // Whoever said it last is the reason.
  board_.change([&](SourceStatus& status) {
    if (status.state != SourceState::ended) status.why = std::move(why);
  });
  if (!std::exchange(paused_, true)) {
    session_stop_.request_stop();
    changed_.notify_all();
  }
  changed_.wait(lock, [&] { return !in_session_; });
  board_.change([](SourceStatus& status) {
    if (status.state != SourceState::ended) status.state = SourceState::paused;
  });
}

void Source::Impl::resume() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(paused_, false)) return;
    board_.change([](SourceStatus& status) {
      status.state = SourceState::connecting;
      status.why.clear();
    });
  }
  changed_.notify_all();
}

/// What was out of scope for a while is stale: the log keeps when which filter began.
Result<void> Source::Impl::record_scope(const log::Filter& filter) {
  const std::string key = "scope " + options_.name;
  const std::string text = filter_text(filter);
  REFOLD_TRY(const auto before, site_.recorder.log().mark(key));
  if (before == text) return ok();
  index::DraftBatch batch;
  batch.source = options_.name;
  batch.extras.marks.push_back({key, text});
  batch.extras.marks.push_back({key + " " + std::to_string(now_us()), text});
  REFOLD_TRY(const auto recorded, site_.recorder.record(std::move(batch)));
  static_cast<void>(recorded);
  return ok();
}

Result<void> Source::Impl::set_filter(log::Filter filter) {
  REFOLD_TRY(auto matcher, log::Matcher::make(filter));
  REFOLD_CHECK(record_scope(filter));
  scope_.set(std::move(matcher));
  board_.change([&](SourceStatus& status) { status.filter = filter; });
  const std::lock_guard lock(mutex_);
  options_.filter = std::move(filter);
  // A Jetstream filters for us: it is asked anew.
  const bool asks =
      options_.kind == SourceKind::jetstream || options_.kind == SourceKind::jetstream_v2;
  if (asks) session_stop_.request_stop();
  changed_.notify_all();
  return ok();
}

Result<void> Source::Impl::set_cursor(std::uint64_t cursor) {
  const std::lock_guard lock(mutex_);
  if (options_.kind == SourceKind::capture)
    return invalid("source '" + options_.name + "' is a file: it has no cursor");
  if (!paused_ || in_session_)
    return Error{Errc::busy, "source '" + options_.name + "' is at work: pause it first"};
  index::DraftBatch batch;
  batch.source = options_.name;
  batch.extras.cursors.push_back({cursor_name(options_), std::to_string(cursor)});
  REFOLD_TRY(const auto recorded, site_.recorder.record(std::move(batch)));
  static_cast<void>(recorded);
  memory_ = {};
  board_.change([&](SourceStatus& status) { status.cursor = cursor; });
  return ok();
}

SessionEnd Source::Impl::session(const std::stop_token& stop) {
  const SourceOptions options = this->options();
  if (options.kind == SourceKind::capture)
    return read_capture(site_, options, scope_, board_, capture_, stop);
  return Follower(site_, options, scope_, board_, memory_).run(stop);
}

void Source::Impl::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || !paused_; });
    if (ending_) return;
    session_stop_ = {};
    in_session_ = true;
    const std::stop_token stop = session_stop_.get_token();
    board_.change([](SourceStatus& status) { status.state = SourceState::connecting; });
    lock.unlock();
    const SessionEnd end = session(stop);
    lock.lock();
    in_session_ = false;
    rest_after(lock, end, stop.stop_requested());
    changed_.notify_all();
  }
}

void Source::Impl::rest_after(std::unique_lock<std::mutex>& lock, const SessionEnd& end,
                              bool interrupted) {
  const bool by_itself = !interrupted && end.next != SessionEnd::Next::again;
  board_.change([&](SourceStatus& status) {
    status.connected_us = 0;
    status.state = SourceState::waiting;
    if (paused_ || by_itself) status.state = SourceState::paused;
    if (by_itself && end.next == SessionEnd::Next::ended) status.state = SourceState::ended;
    if (interrupted) return;
    status.why = end.why;
    if (!end.why.empty()) status.last_error = end.why;
  });
  if (!interrupted && site_.tell && !end.why.empty()) site_.tell(options_.name, end.why);
  paused_ = paused_ || by_itself;
  if (paused_ || interrupted) return;
  if (end.worked) backoff_.reset();
  changed_.notify_all();
  const auto time = std::max<std::chrono::milliseconds>(backoff_.next(),
                                                        end.wait.value_or(std::chrono::seconds(0)));
  const std::stop_token poked = session_stop_.get_token();
  changed_.wait_for(lock, std::min<std::chrono::milliseconds>(time, std::chrono::hours(1)),
                    [&] { return ending_ || paused_ || poked.stop_requested(); });
}

}  // namespace refold::ingest
