#include "core/isolation/loop_process.h"

#include <algorithm>
#include <utility>

#include "core/base/clock.h"

namespace refold::isolation {
namespace {

using Clock = std::chrono::steady_clock;
using projection::Activity;
using std::chrono::milliseconds;

/// How often it is looked at when nothing happens.
constexpr milliseconds look_interval{50};

/// What a loop collects, and what it writes meanwhile.
std::size_t buffers_bytes_max(const projection::LoopOptions& loop) {
  return 2 * std::max(loop.batch.bytes, loop.first_batch.bytes);
}

milliseconds whole(Clock::duration time) { return std::chrono::duration_cast<milliseconds>(time); }

}  // namespace

LoopEnd LoopProcess::run(const projection::Suspects& suspects) {
  if (auto started = start(suspects); started.has_error()) {
    end_.refused = std::move(started).error();
    return std::move(end_);
  }
  const Worker::Take taking = [this](const Frame& frame) { return take(frame); };
  while (worker_->turn(look_interval, woken_, taking)) {
    control_.call().copy(page_->note());
    pass_on();
    watch_time();
  }
  end_.call = page_->note().call();
  end_.ending = worker_->finish();
  control_.call().end();
  return std::move(end_);
}

Result<void> LoopProcess::start(const projection::Suspects& suspects) {
  REFOLD_TRY(CallPage page, CallPage::create());
  page_.emplace(std::move(page));
  REFOLD_TRY(worker_, Worker::start(options_.runner, "fold",
                                    {options_.memory_bytes_max + buffers_bytes_max(setup_.options),
                                     fold_message_bytes_max},
                                    {page_->descriptor()}));
  until_ = control_.until();
  verified_ = control_.verified();
  started_at_ = Clock::now();
  worker_->send(Kind::fold, encode(order(suspects)));
  return ok();
}

FoldOrder LoopProcess::order(const projection::Suspects& suspects) const {
  FoldOrder order;
  order.code = code_order(*setup_.code, setup_.name, setup_.values, *setup_.view);
  order.log = std::filesystem::absolute(setup_.log->data());
  order.slice = setup_.slice;
  order.skip = setup_.skip;
  order.loop = setup_.options;
  order.suspects = suspects;
  if (setup_.watch) {
    order.watches = true;
    order.watched_table = setup_.watch->table;
    order.watched_key = setup_.watch->key;
  }
  order.until = until_;
  order.verified = verified_;
  return order;
}

void LoopProcess::pass_on() {
  if (control_.stopping() && !std::exchange(stopping_, true)) {
    worker_->send(Kind::stop);
    stopped_at_ = Clock::now();
  }
  if (control_.verified() && !std::exchange(verified_, true)) worker_->send(Kind::verified);
  const bool yield = setup_.options.yield && setup_.options.yield();
  if (yield != yielding_) {
    yielding_ = yield;
    worker_->send(Kind::yield, encode_number(yield ? 1 : 0));
  }
}

/// Whatever it does, it ends: nobody waits for ever for a process.
void LoopProcess::watch_time() {
  const auto now = Clock::now();
  const projection::Call call = page_->note().call();
  const bool calling = call.function != projection::Call::Function::none;
  begun_ = begun_ || calling;
  const std::string limit = plugin::seconds_text(options_.call_time_max);
  if (end_.told && now - told_at_ > options_.end_time_max) {
    worker_->condemn("did not end");
  } else if (whole(call.running) > options_.call_time_max) {
    worker_->condemn("hung for " + limit);
  } else if (!begun_ && now - started_at_ > options_.call_time_max) {
    worker_->condemn("hung for " + limit + " before it had begun");
  } else if (stopping_) {
    // A commit of much takes its time.
    const milliseconds patience = begun_ && !calling
                                      ? std::max(options_.end_time_max, options_.call_time_max)
                                      : options_.end_time_max;
    if (now - stopped_at_ > patience) worker_->condemn("did not stop");
  }
}

bool LoopProcess::take(const Frame& frame) {
  switch (frame.kind) {
    case Kind::started: return take_position(false);
    case Kind::committed: return take_position(true);
    case Kind::caught_up: control_.caught_up(); return true;
    case Kind::is: return take_activity(frame.content);
    case Kind::failed: return take_failure(frame.content);
    case Kind::verified_is_committed:
      verified_ = false;
      control_.verified_is_committed();
      return true;
    case Kind::written: return take_row(frame.content);
    case Kind::line: return take_line(frame.content);
    case Kind::refused: return take_refusal(frame.content);
    default: return false;
  }
}

/// Once it has begun, a loop fails, or goes on.
bool LoopProcess::take_refusal(ByteView content) {
  Error error;
  if (begun_ || !decode(content, error)) return false;
  end_.refused = std::move(error);
  return true;
}

/// How far it is, the view says: a process may say anything.
bool LoopProcess::take_position(bool committed) {
  begun_ = true;
  const auto checkpoint = setup_.view->checkpoint();
  const auto last = setup_.log->last();
  // What cannot be read now is read after the next commit.
  if (checkpoint.has_error() || last.has_error()) return true;
  const log::Seq seq = std::min(checkpoint->seq, *last);
  if (committed) {
    control_.committed(seq);
  } else {
    control_.started(seq);
  }
  return true;
}

bool LoopProcess::take_activity(ByteView content) {
  Telling telling;
  if (!decode(content, telling)) return false;
  begun_ = true;
  if (has_ended(telling.activity)) {
    if (!may_end(telling.activity)) return false;
    end_.told = true;
    told_at_ = Clock::now();
  }
  control_.is(telling.activity, std::move(telling.why));
  return true;
}

/// A loop ends because it was told to: a plugin that says so in its place would have it run again
/// at once. What has failed says why.
bool LoopProcess::may_end(Activity as) const {
  if (as == Activity::stopped) return stopping_;
  if (as != Activity::reached) return false;
  const auto checkpoint = setup_.view->checkpoint();
  return checkpoint.has_value() && checkpoint->seq >= until_;
}

bool LoopProcess::take_failure(ByteView content) {
  projection::Failure failure;
  if (!decode(content, failure)) return false;
  begun_ = true;
  failure.version = setup_.code->version;
  failure.at_us = now_us();
  end_.told = true;
  told_at_ = Clock::now();
  control_.failed(std::move(failure));
  return true;
}

bool LoopProcess::take_row(ByteView content) const {
  WrittenRow written;
  if (!setup_.watch || !decode(content, written)) return false;
  setup_.watch->written(written.seq, written.row);
  return true;
}

bool LoopProcess::take_line(ByteView content) const {
  Line line;
  if (!decode(content, line)) return false;
  if (setup_.sink) setup_.sink(setup_.name, line.level, line.text);
  return true;
}

}  // namespace refold::isolation
