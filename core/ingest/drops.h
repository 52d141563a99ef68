#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/ingest/jsonl.h"

namespace refold::ingest {

/// What a decoder met and left out, or found odd: what is counted. None of it ends a source.
enum class Drop : std::uint8_t {
  // A whole message, or an operation, that became no draft.
  bad_frame,  ///< no frame of a firehose: what breaks a connection
  too_long,
  not_json,
  unknown_kind,  ///< a message of a kind that this version does not know
  bad_did,
  bad_operation,
  bad_collection,
  bad_rkey,
  bad_rev,
  bad_cid,
  bad_field,
  bad_car,     ///< the blocks of a commit cannot be read
  bad_commit,  ///< the signed commit is not there, or says something else than its message
  bad_tree,    ///< a repo's tree is not the one that its keys make
  gone,        ///< a repo of an account that was deleted
  // Drafts, and nothing is lost; but it is told.
  out_of_scope,   ///< what the filter keeps out
  block_missing,  ///< a record that was not among the blocks of its commit
  block_damaged,  ///< a block that does not hash to its CID
  too_big,        ///< the host left records out: the repo is to be fetched
  seq_hole,       ///< numbers that the host skipped
  seq_repeated,   ///< a number that was not after the one before
  bad_packing,    ///< a message that could not be unpacked
  old_document,   ///< a DID document whose keys are in the form of before Multikey
};
inline constexpr std::size_t drop_count = 23;
/// "too_long", "block_missing", ...: as it appears in JSON output and metrics.
[[nodiscard]] std::string_view name(Drop reason) noexcept;
/// Whether something was refused, rather than merely noted.
[[nodiscard]] bool is_refusal(Drop reason) noexcept;
[[nodiscard]] Drop drop_of(LineFault fault) noexcept;

/// Counts drops by reason, and tells of some of them: of the first few of each reason, and then
/// each time that their number has doubled. One thread.
class Drops {
 public:
  static constexpr std::uint64_t told_of_each = 5;

  /// A sentence, printable whatever the input held.
  using Tell = std::function<void(Drop reason, std::uint64_t count, const std::string& sentence)>;

  using Counts = std::array<std::uint64_t, drop_count>;

  /// `before`: how many there were until now, for what is told; they are not counted again.
  explicit Drops(Tell tell = {}, const Counts& before = {})
      : before_(before), tell_(std::move(tell)) {}

  /// Counts one; `sentence()` is only called if it is to be told.
  template <class Sentence>
  void add(Drop reason, const Sentence& sentence) {
    const auto at = static_cast<std::size_t>(reason);
    const std::uint64_t count = before_[at] + ++counts_[at];
    const bool doubled = (count & (count - 1)) == 0;
    if (tell_ && (count <= told_of_each || doubled)) tell_(reason, count, sentence());
  }
  /// Counts some without a word.
  void count(Drop reason, std::uint64_t some = 1) noexcept {
    counts_[static_cast<std::size_t>(reason)] += some;
  }

  [[nodiscard]] std::uint64_t operator[](Drop reason) const noexcept {
    return counts_[static_cast<std::size_t>(reason)];
  }
  /// Of the reasons that are refusals.
  [[nodiscard]] std::uint64_t refused() const noexcept;

 private:
  Counts before_;
  Counts counts_{};
  Tell tell_;
};

}  // namespace refold::ingest
