#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/atproto/car.h"
#include "core/atproto/mst.h"
#include "core/atproto/tid.h"
#include "core/base/result.h"
#include "core/index/draft.h"
#include "core/ingest/drops.h"
#include "core/ingest/frame.h"
#include "core/ingest/scope.h"

namespace refold::ingest {

/// What is wrong with a frame that is to be dropped.
struct FrameFault {
  Drop reason = Drop::bad_field;
  std::string sentence;
};

/// The blocks of a frame; its memory is used again.
struct FrameBlocks {
  atproto::BlockStore store;
  atproto::CarContents contents;  ///< damaged blocks are sorted
};

/// One frame on its way into a batch: what it says, checked, as drafts. For one frame; all that it
/// is made with outlives it.
class FrameDrafts {
 public:
  using Checked = boost::system::result<void, FrameFault>;

  /// `flags`: of each draft.
  FrameDrafts(const Frame& frame, FrameBlocks& blocks, std::uint16_t flags, const ScopeView& scope,
              Drops& drops, index::DraftBatch& batch)
      : frame_(frame),
        blocks_(blocks),
        flags_(flags),
        scope_(scope),
        drops_(drops),
        batch_(batch) {}

  /// Appends the frame's drafts. With a fault nothing was appended. `marked`: the rev that the repo
  /// is known to have come to without a draft.
  [[nodiscard]] Checked add(atproto::Tid marked);

  /// Microseconds since 1970, as the frame says; 0: it does not.
  [[nodiscard]] std::int64_t time_us() const noexcept { return time_us_; }
  /// The commit that left no draft, if it did not.
  [[nodiscard]] atproto::Tid unmarked_rev() const noexcept { return unmarked_rev_; }

 private:
  Checked read_common();
  Checked read_blocks();
  Checked check_commit(const std::optional<atproto::Cid>& cid, atproto::RepoCommit& commit);
  Checked add_commit();
  void add_operation(std::size_t at);
  void set_record(index::Draft& draft);
  Checked add_sync(atproto::Tid marked);
  Checked add_identity();
  Checked add_account();
  [[nodiscard]] index::Draft notice(log::Kind kind) const;
  [[nodiscard]] std::string where() const;

  template <class Sentence>
  void drop(Drop reason, const Sentence& sentence) {
    drops_.add(reason, [&] { return where() + sentence(); });
  }

  const Frame& frame_;
  FrameBlocks& blocks_;
  const std::uint16_t flags_;
  const ScopeView& scope_;
  Drops& drops_;
  index::DraftBatch& batch_;
  std::string_view did_;  ///< the arena's copy
  atproto::Tid rev_{};
  std::int64_t time_us_ = 0;
  atproto::Tid unmarked_rev_{};
  std::size_t record_bytes_left_ = frame_bytes_max;
};

}  // namespace refold::ingest
