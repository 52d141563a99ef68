#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/cli/terminal.h"
#include "core/index/draft.h"
#include "core/ingest/drops.h"

namespace refold::cli {

/// What became of the lines, frames and repos that an import read.
class ImportReport {
 public:
  void add_line() noexcept { ++lines_; }
  void add_frame() noexcept { ++frames_; }
  /// A repo that is durable: all of its records were drafts.
  void add_repo(std::uint64_t records) noexcept {
    ++repos_;
    drafts_ += records;
  }
  /// Drafts that were handed to the recorder.
  void add_drafts(std::uint64_t count) noexcept { drafts_ += count; }
  /// A line, frame or repo that held nothing to be taken.
  void refuse(std::string_view reason) { ++refused_[std::string(reason)]; }
  /// What a decoder left out, and what it found odd.
  void add(const ingest::Drops& drops);
  /// A batch that is durable.
  void add(const index::Outcome& outcome);

  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }
  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }
  [[nodiscard]] std::uint64_t repos() const noexcept { return repos_; }
  [[nodiscard]] std::uint64_t drafts() const noexcept { return drafts_; }
  [[nodiscard]] bool empty() const noexcept { return lines_ + frames_ + repos_ == 0; }
  [[nodiscard]] const index::Outcome& outcome() const noexcept { return outcome_; }
  /// What held no draft, and drafts that the log did not take.
  [[nodiscard]] std::uint64_t refused() const noexcept;

  /// Tombstones that nothing told of: of records whose account was deleted, or that are gone from
  /// their repo. Once all drafts are accounted for.
  [[nodiscard]] std::uint64_t tombstones() const noexcept;

  /// What the counts do not tell.
  struct Circumstances {
    double seconds = 0;
    log::Seq last = 0;      ///< the newest seq of the log
    bool complete = false;  ///< everything was read
  };
  /// The table at the end.
  [[nodiscard]] std::string text(const Terminal& terminal, const Circumstances& of) const;
  /// The same as one JSON object.
  [[nodiscard]] std::string json(const Circumstances& of) const;

 private:
  std::uint64_t lines_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t repos_ = 0;
  std::uint64_t drafts_ = 0;
  index::Outcome outcome_;
  std::map<std::string, std::uint64_t> refused_;  ///< by reason
  std::map<std::string, std::uint64_t> noted_;    ///< what was odd and still taken
};

/// "2 future_rev, 1 no_cid": why the log refused drafts of one batch. Empty if it refused none.
[[nodiscard]] std::string refusal_text(const index::Outcome& outcome);

}  // namespace refold::cli
