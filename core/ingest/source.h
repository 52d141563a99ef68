#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/index/recorder.h"
#include "core/ingest/source_options.h"
#include "core/net/runtime.h"

namespace refold::ingest {

/// What all sources stand on, and does not own: the recorder and the runtime outlive them.
struct SourceSite {
  net::Runtime& runtime;
  index::Recorder& recorder;
  /// A folder for messages that broke the connection again and again; made when it is needed.
  std::filesystem::path set_aside;
  /// One line for people: what a source met. Any thread; must not block. May be empty.
  std::function<void(const std::string& source, const std::string& line)> tell{};
};

/// Follows one server, or reads one file: connects, decodes, filters, and hands batches to the
/// recorder, each with the cursor that it ends at. Owns a thread.
///
/// What was lost on the way becomes a gap event. A cursor that the server calls newer than anything
/// it has pauses the source: it never goes back by itself. All methods may be called by any thread.
class Source {
 public:
  /// Starts at the cursor that was saved for this host. Errors: `invalid` (an option; or something
  /// is saved for another host under this name and `options.start` does not say where to start).
  [[nodiscard]] static Result<std::unique_ptr<Source>> start(SourceSite site,
                                                             SourceOptions options);
  /// Finishes what was decoded, and ends.
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// Returns when what was decoded is durable; a paused source does nothing. Idempotent; the first
  /// reason is kept.
  void pause(std::string why);
  /// Goes on where it was.
  void resume();
  /// From now on, these collections and DIDs; recorded in the log. Errors: `invalid`, and those of
  /// the recorder.
  [[nodiscard]] Result<void> set_filter(log::Filter filter);

  /// Where a paused source goes on, as its server counts. Errors: `busy` if it is not paused;
  /// `invalid` for a capture; those of the recorder.
  [[nodiscard]] Result<void> set_cursor(std::uint64_t cursor);

  [[nodiscard]] SourceStatus status() const;
  [[nodiscard]] SourceOptions options() const;

  class Impl;

 private:
  explicit Source(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace refold::ingest
