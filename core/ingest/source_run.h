#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "core/ingest/capture_reader.h"
#include "core/ingest/follower.h"
#include "core/ingest/source.h"

namespace refold::ingest {

/// The inside of a Source: its thread, from one connection to the next.
class Source::Impl {
 public:
  static Result<std::unique_ptr<Impl>> make(SourceSite site, SourceOptions options);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void pause(std::string why);
  void resume();
  Result<void> set_filter(log::Filter filter);
  Result<void> set_cursor(std::uint64_t cursor);
  [[nodiscard]] SourceStatus status() const { return board_.get(); }
  [[nodiscard]] SourceOptions options() const;

 private:
  Impl(SourceSite site, SourceOptions options);
  void begin_paused();
  void run();
  SessionEnd session(const std::stop_token& stop);
  void rest_after(std::unique_lock<std::mutex>& lock, const SessionEnd& end, bool interrupted);
  Result<void> record_scope(const log::Filter& filter);

  const SourceSite site_;
  SourceBoard board_;
  Scope scope_;
  FollowMemory memory_;                  // of the thread
  net::Backoff backoff_;                 // of the thread
  std::shared_ptr<CaptureRun> capture_;  // of the thread
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  SourceOptions options_;
  std::stop_source session_stop_;
  bool paused_ = false;
  bool in_session_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace refold::ingest
