#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/log/limits.h"
#include "core/log/pages_ahead.h"
#include "core/log/witness_log.h"
#include "core/projection/control.h"
#include "core/projection/events.h"
#include "core/projection/instance.h"
#include "core/projection/slice.h"
#include "core/view/batch.h"

namespace refold::projection {

/// While a loop is behind, changes are collected until they take so much memory, or so long. They
/// are then written on another thread, while as much is collected again.
struct BatchBounds {
  std::size_t bytes = 0;
  std::chrono::milliseconds time{0};
};
/// 512 MiB, or a thirty-second of the machine's memory if that is less.
[[nodiscard]] std::size_t default_first_batch_bytes() noexcept;

/// Bounds of a loop.
struct LoopOptions {
  BatchBounds batch{std::size_t{64} << 20, std::chrono::seconds(2)};
  /// Until it has caught up for the first time. Each batch writes pages all over the view: the
  /// larger it is, the less often a page is written again.
  BatchBounds first_batch{default_first_batch_bytes(), std::chrono::seconds(5)};
  std::size_t apply_events_max = log::page_events_max;  ///< events of one apply()
  /// How often REFOLD_RETRY is answered before it counts as FAILED, and the pauses: each twice as
  /// long as the one before.
  unsigned retries_max = 8;
  std::chrono::milliseconds retry_pause{50};
  std::chrono::milliseconds retry_pause_max{5'000};
  /// Between attempts when our own files or the log fail.
  std::chrono::milliseconds stall_pause{250};
  std::chrono::milliseconds stall_pause_max{10'000};
  /// Asked while it is behind: true if it should leave the machine to others for a moment. Set by
  /// programs that also record: true while their writer has more to do than it can.
  std::function<bool()> yield = {};
};

/// Where the process of a loop was ended by a call: one event is applied and committed at a time
/// there, so that the next such end shows which it is. Zeros: nowhere.
struct Suspects {
  log::Seq first = 0;
  log::Seq last = 0;
};

/// Looks for the events that write one row.
struct Watch {
  std::uint32_t table = 0;
  Bytes key;
  /// Told each write and what the row is after it (none: removed), with the last event of the call
  /// that wrote it. On the loop's thread.
  std::function<void(log::Seq, const std::optional<ByteView>& row)> written;
};

/// What a loop works on.
struct LoopSetup {
  const log::WitnessLog* log = nullptr;
  std::shared_ptr<view::View> view;
  CodePointer code;
  std::string name;                 ///< of the projection's instance
  std::vector<std::string> values;  ///< of its options, canonical
  Slice slice;
  std::vector<log::Seq> skip;  ///< events that are passed over, by command; sorted
  LogSink sink;
  LoopOptions options;
  std::shared_ptr<const Watch> watch;  ///< may be null
  Suspects suspects;
};

/// Folds the log into the view of one generation: reads from the checkpoint on, has the plugin
/// apply, commits rows and checkpoint together, announces the position, waits for more.
///
/// Runs on one thread, which is the instance's. Holds no transaction of the log while it waits or
/// while the plugin runs. Where the plugin fails, the view is left with exactly the effect of the
/// events before the one at fault.
class Loop {
 public:
  Loop(LoopSetup setup, Control& control);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Returns when it was told to stop, has come to control.until(), or has failed; what of these,
  /// and everything else, is told through the control.
  void run();

 private:
  /// The event that a call failed at: of one that was made for this event alone.
  struct Fault {
    log::Seq seq = 0;
    std::string uri;
    Error reason;
  };
  enum class Pace : std::uint8_t { pages, one_by_one };
  enum class Next : std::uint8_t { go_on, end };

  [[nodiscard]] Next open();
  [[nodiscard]] Result<void> open_view();
  [[nodiscard]] Next step();
  /// Makes the instance, anew if there is one; again for as long as it may ask for that.
  [[nodiscard]] Verdict make_instance();
  /// Where the next batch ends, of what goes up to `goal`.
  [[nodiscard]] Result<log::Seq> batch_end(log::Seq goal);
  /// Applies events up to `goal`, or until the batch is full. Commits nothing.
  [[nodiscard]] Verdict fold(log::Seq goal, Pace pace);
  [[nodiscard]] Verdict apply_page(log::Seq goal, std::size_t events_max);
  [[nodiscard]] Verdict flush();
  [[nodiscard]] Verdict note_account(const log::Event& event);
  void tell_watch(log::Seq seq);
  [[nodiscard]] bool full() const;
  [[nodiscard]] bool reading_ahead_pays() const;
  void caught_up();

  // loop_failure.cpp: when a call did not end well.
  [[nodiscard]] Next after_failure(Verdict verdict, log::Seq bound);
  [[nodiscard]] Next try_again();
  [[nodiscard]] Next stall(const Error& why);
  [[nodiscard]] Next find_fault(log::Seq bound);
  [[nodiscard]] Next commit_before(log::Seq& bound);
  [[nodiscard]] Next give_up(const Fault& fault);
  /// The end, as the instance could not be made.
  [[nodiscard]] Next not_made(Verdict verdict);
  /// Drops what is not committed, and the instance with it.
  [[nodiscard]] Verdict renew();

  // loop_commit.cpp
  enum class Wait : std::uint8_t { no, yes };
  /// Commits what was applied; without waiting for it, if it need not. What was begun before is
  /// finished first.
  [[nodiscard]] Next commit(Wait wait);
  [[nodiscard]] Result<Next> commit_once(Wait wait);
  /// Waits for the commit that was begun.
  [[nodiscard]] Next settle();
  [[nodiscard]] Result<void> settle_once();
  void committed(view::Checkpoint checkpoint);
  template <class Attempt>
  [[nodiscard]] Next until_done(const Attempt& attempt);
  [[nodiscard]] Result<view::Checkpoint> next_checkpoint(bool verified);
  [[nodiscard]] Result<Next> after_erasure(std::uint64_t epoch);

  LoopSetup setup_;
  Control& control_;
  std::uint32_t wants_;
  bool folds_accounts_;

  std::unique_ptr<Instance> instance_;
  std::unique_ptr<view::Batch> batch_;
  std::optional<log::PagesAhead> reader_;
  log::Page page_;
  Events events_;
  Bytes account_row_;

  view::Checkpoint checkpoint_;            ///< as committed
  std::optional<view::Checkpoint> begun_;  ///< of the commit that was begun
  std::uint64_t epoch_ = 0;                ///< redactions up to here are taken into account
  log::Seq position_ = 0;                  ///< applied, not all of it committed
  std::vector<log::Seq> skipped_;          ///< since the checkpoint
  std::chrono::steady_clock::time_point batch_began_;
  // While it reads by itself.
  std::chrono::steady_clock::duration reading_{0};
  std::chrono::steady_clock::duration applying_{0};
  bool first_ = true;  ///< it has not caught up yet
  Error reason_;       ///< of the last verdict
  unsigned retries_ = 0;
  unsigned stalls_ = 0;
};

}  // namespace refold::projection
