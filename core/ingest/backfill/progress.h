#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/base/file.h"
#include "core/base/lock.h"
#include "core/base/result.h"
#include "core/ingest/backfill/fault.h"

namespace refold::ingest {

/// A repo that was not taken.
struct RepoFault {
  std::string did;
  Fault fault{};
  std::string message;  ///< printable, one line
};

/// How far a backfill is, kept in a file, so that one that was interrupted or killed goes on where
/// it was: up to which position of the listing every repo is settled (fetched, or given up), and
/// which are behind it. What it has not kept is fetched again, which does no harm.
///
/// The file is small: it is written anew with each position. One thread at a time.
class BackfillProgress {
 public:
  static constexpr std::size_t faults_kept_max = 1'000;  ///< the others are counted

  /// Goes on with the backfill that `what` describes, or starts it; `again`: starts in any case.
  /// Makes `folder`. Errors: `busy` if it runs already; `io`, `no_space`.
  [[nodiscard]] static Result<BackfillProgress> open(const std::filesystem::path& folder,
                                                     const std::string& what, bool again);

  [[nodiscard]] const std::string& position() const noexcept { return position_; }
  [[nodiscard]] bool is_settled(const std::string& did) const { return settled_.contains(did); }
  /// Since the beginning, by this process or others.
  [[nodiscard]] std::uint64_t done() const noexcept { return done_; }
  [[nodiscard]] const std::array<std::uint64_t, fault_count>& counts() const noexcept {
    return counts_;
  }
  [[nodiscard]] std::uint64_t failed() const noexcept;
  [[nodiscard]] const std::vector<RepoFault>& faults() const noexcept { return faults_; }

  /// A repo that is durable in the log. Errors: `io`, `no_space`.
  [[nodiscard]] Result<void> add_done(const std::string& did);
  [[nodiscard]] Result<void> add_fault(RepoFault fault);
  /// Every repo before `position` is settled; those of the page that ends there are `dids`.
  /// Errors: `io`, `no_space`.
  [[nodiscard]] Result<void> reach(const std::string& position,
                                   const std::vector<std::string>& dids);
  /// It has come to its end: the next one starts anew.
  void finish();

 private:
  BackfillProgress(std::filesystem::path file, std::string what, WriterLock lock)
      : file_(std::move(file)), what_(std::move(what)), lock_(std::move(lock)) {}
  void load(const std::string& text);
  void load_line(std::string_view line);
  Result<void> append_line(const std::string& line);
  Result<void> save();
  [[nodiscard]] std::string state() const;
  void keep(RepoFault fault);

  std::filesystem::path file_;
  std::string what_;
  WriterLock lock_;
  std::optional<File> writing_;
  std::string position_;
  std::uint64_t done_ = 0;
  std::array<std::uint64_t, fault_count> counts_{};
  std::vector<RepoFault> faults_;
  std::unordered_set<std::string> settled_;  ///< behind position_
};

}  // namespace refold::ingest
