#include "core/projection/loop.h"

#include <algorithm>
#include <utility>

#include "core/base/memory.h"
#include "core/log/change.h"
#include "core/projection/accounts.h"

namespace refold::projection {
namespace {

/// How long it waits for new events before it looks around. Whoever wants something wakes it.
constexpr std::chrono::seconds wait_slice{1};
constexpr std::chrono::milliseconds yield_pause{5};
/// A batch that took no longer shows that it keeps up.
constexpr std::chrono::seconds keeping_up{1};
/// Reading ahead pays from so many events on: frames of a segment, and pages.
constexpr log::Seq frames_ahead_events_min = log::block_events;
constexpr log::Seq pages_ahead_events_min = 2 * log::page_events_max;
/// It is known what takes longer, reading or applying, when both have taken so long together.
constexpr std::chrono::milliseconds known_after{5};

bool may_pass(Errc code) noexcept {
  return code == Errc::busy || code == Errc::io || code == Errc::no_space;
}

}  // namespace

std::size_t default_first_batch_bytes() noexcept {
  return std::min(std::size_t{512} << 20, machine_memory_bytes() / 32);
}

Loop::Loop(LoopSetup setup, Control& control)
    : setup_(std::move(setup)),
      control_(control),
      wants_(setup_.code->info.wants),
      folds_accounts_(setup_.code->wants(REFOLD_ACCOUNT_STATUS)),
      instance_(std::make_unique<Instance>(setup_.code, setup_.name, setup_.values, setup_.sink)),
      batch_(std::make_unique<view::Batch>(*setup_.view)) {
  instance_->host().attach(batch_.get());
  if (setup_.watch) instance_->host().watch(setup_.watch->table, setup_.watch->key);
}

Loop::~Loop() = default;

void Loop::run() {
  if (open() == Next::go_on) {
    while (step() == Next::go_on) continue;
  }
  control_.call().begin(Call::Function::destroy);
  instance_->destroy();
  control_.call().end();
}

Verdict Loop::make_instance() {
  if (instance_->created()) {
    control_.call().begin(Call::Function::destroy);
    instance_->destroy();
  }
  for (;;) {
    control_.call().begin(Call::Function::create);
    const Verdict made = instance_->create();
    control_.call().end();
    if (made == Verdict::ok) return made;
    reason_ = instance_->reason();
    const bool again = made == Verdict::retry && retries_ < setup_.options.retries_max;
    if (!again || control_.stopping()) return made;
    (void)try_again();
  }
}

Loop::Next Loop::open() {
  for (;;) {
    const auto opened = open_view();
    if (opened.has_value()) break;
    if (!may_pass(opened.error().code)) return give_up({0, {}, opened.error()});
    if (stall(opened.error()) == Next::end) return Next::end;
  }
  if (const Verdict made = make_instance(); made != Verdict::ok) return not_made(made);
  control_.started(position_);
  return Next::go_on;
}

Result<void> Loop::open_view() {
  REFOLD_TRY(checkpoint_, setup_.view->checkpoint());
  REFOLD_TRY(auto matcher, matcher_of(setup_.code->info, setup_.slice));
  REFOLD_TRY(const log::Seq last, setup_.log->last());
  position_ = checkpoint_.seq;
  epoch_ = checkpoint_.redaction_epoch;
  const bool far = last > position_ && last - position_ > frames_ahead_events_min;
  reader_.emplace(log::Reader(*setup_.log, position_ + 1, std::move(matcher),
                              far ? log::ReadAhead::yes : log::ReadAhead::no));
  return ok();
}

/// One batch, or one wait.
Loop::Next Loop::step() {
  // Before it looks: what is asked for after this ends the wait.
  control_.poked() = false;
  if (control_.stopping()) {
    if (settle() == Next::end) return Next::end;
    control_.is(Activity::stopped);
    return Next::end;
  }
  const log::Seq until = control_.until();
  if (position_ >= until) {
    if (control_.verified()) return commit(Wait::yes);
    control_.is(Activity::reached);
    return Next::end;
  }
  const auto last = setup_.log->last();
  if (last.has_error()) return stall(last.error());
  const log::Seq goal = std::min(until, *last);
  if (position_ >= goal) {
    caught_up();
    if (control_.verified()) return commit(Wait::yes);
    control_.is(Activity::idle);
    const auto deadline = std::chrono::steady_clock::now() + wait_slice;
    const auto more = setup_.log->wait(position_ + 1, deadline, &control_.poked());
    return more.has_error() ? stall(more.error()) : Next::go_on;
  }
  const auto end = batch_end(goal);
  if (end.has_error()) return stall(end.error());
  batch_began_ = std::chrono::steady_clock::now();
  const Verdict verdict = fold(*end, Pace::pages);
  if (verdict != Verdict::ok) {
    if (const Next next = settle(); next == Next::end) return next;
    return after_failure(verdict, std::min(*end, page_.next - 1));
  }
  // A batch that ends where it was cut for suspects is committed before the first of them is met.
  const Wait wait = position_ < *end && !control_.stopping() ? Wait::no : Wait::yes;
  if (const Next next = commit(wait); next == Next::end) return next;
  const bool quick = std::chrono::steady_clock::now() - batch_began_ < keeping_up;
  if (position_ >= goal && quick) caught_up();
  return Next::go_on;
}

/// Suspects are met one by one, each when everything before it is committed.
Result<log::Seq> Loop::batch_end(log::Seq goal) {
  const auto [first, last] = setup_.suspects;
  if (position_ >= last) return goal;
  if (position_ + 1 < first) return std::min(goal, first - 1);
  if (reader_->position() != position_ + 1) reader_->seek(position_ + 1);
  REFOLD_TRY(const bool more, reader_->next(page_));
  if (!more) return goal;
  const log::Seq next = page_.events.empty() ? page_.next : page_.events.front().seq;
  return std::min(goal, next == position_ + 1 ? next : next - 1);
}

bool Loop::full() const {
  const BatchBounds& bounds = first_ ? setup_.options.first_batch : setup_.options.batch;
  return batch_->bytes() >= bounds.bytes ||
         std::chrono::steady_clock::now() - batch_began_ >= bounds.time;
}

/// Another thread takes the reading off this one; but handing the pages over costs, too, which a
/// plugin that has next to nothing to do cannot make good.
bool Loop::reading_ahead_pays() const {
  return applying_ > reading_ && applying_ + reading_ > known_after;
}

void Loop::caught_up() {
  first_ = false;
  control_.caught_up();
}

Verdict Loop::fold(log::Seq goal, Pace pace) {
  const std::size_t events_max = pace == Pace::one_by_one ? 1 : setup_.options.apply_events_max;
  while (position_ < goal) {
    if (reader_->position() != position_ + 1) reader_->seek(position_ + 1);
    if (goal - position_ > pages_ahead_events_min && reading_ahead_pays()) reader_->start();
    const auto began = std::chrono::steady_clock::now();
    const bool by_itself = !reader_->reads_ahead();
    if (const auto more = reader_->next(page_); more.has_error()) {
      reason_ = more.error();
      return Verdict::storage;
    } else if (!*more) {
      // The log ends before what its last() was: it was replaced under our feet.
      reason_ = {Errc::corrupt, "the log ends before seq " + std::to_string(goal)};
      return Verdict::storage;
    }
    const auto read = std::chrono::steady_clock::now();
    if (const Verdict verdict = apply_page(goal, events_max); verdict != Verdict::ok) {
      return verdict;
    }
    position_ = std::min(page_.next - 1, goal);
    if (by_itself) {
      reading_ += read - began;
      applying_ += std::chrono::steady_clock::now() - read;
    }
    if (begun_ && batch_->finished()) (void)settle_once();
    if (control_.stopping() || full()) return Verdict::ok;
    if (position_ < goal && setup_.options.yield && setup_.options.yield()) {
      control_.sleep(yield_pause);
    }
  }
  return Verdict::ok;
}

Verdict Loop::apply_page(log::Seq goal, std::size_t events_max) {
  events_.clear();
  for (const log::Event& event : page_.events) {
    if (event.seq > goal) break;
    if (!setup_.skip.empty() &&
        std::binary_search(setup_.skip.begin(), setup_.skip.end(), event.seq)) {
      skipped_.push_back(event.seq);
      continue;
    }
    if (delivered(wants_, event.kind)) events_.add(event);
    const bool tells_account =
        folds_accounts_ && event.kind == log::Kind::account && log::counts(event);
    if (!tells_account && events_.size() < events_max) continue;
    // What account() answers is the state before the event: so a call ends with such an event.
    if (const Verdict verdict = flush(); verdict != Verdict::ok) return verdict;
    if (!tells_account) continue;
    if (const Verdict verdict = note_account(event); verdict != Verdict::ok) return verdict;
  }
  return flush();
}

Verdict Loop::flush() {
  if (events_.empty()) return Verdict::ok;
  control_.call().begin(Call::Function::apply, events_.all().front().seq, events_.all().back().seq);
  const Verdict verdict = instance_->apply(events_);
  control_.call().end();
  if (verdict != Verdict::ok) {
    reason_ = instance_->reason();
    return verdict;
  }
  if (setup_.watch && instance_->host().touched()) tell_watch(events_.all().back().seq);
  events_.clear();
  return Verdict::ok;
}

void Loop::tell_watch(log::Seq seq) {
  ByteView row;
  const view::Row found = batch_->get(setup_.watch->table, setup_.watch->key, row);
  setup_.watch->written(seq, found == view::Row::found ? std::optional(row) : std::nullopt);
}

Verdict Loop::note_account(const log::Event& event) {
  encode_account(event, account_row_);
  const auto table = static_cast<std::uint32_t>(setup_.code->info.tables.size());
  if (batch_->put(table, bytes_of(event.did), account_row_) != view::Row::failed) {
    return Verdict::ok;
  }
  reason_ = batch_->error();
  return Verdict::storage;
}

}  // namespace refold::projection
