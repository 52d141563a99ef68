#include "core/isolation/loop_process.h"

#include <algorithm>
#include <utility>

#include "core/log/witness_clock.h"

namespace refold::isolation {
namespace {

using Clock = std::chrono::steady_clock;
using projection::Activity;
using std::chrono::milliseconds;

/// How often it is looked at when nothing happens.
constexpr milliseconds look_interval{50};
/// What a process has for itself after its loop has ended.
constexpr milliseconds end_time_max{5'000};

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
  REFOLD_TRY(worker_,
             Worker::start(options_, "fold", fold_message_bytes_max, {page_->descriptor()}));
  until_ = control_.until();
  verified_ = control_.verified();
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
  if (control_.stopping() && !std::exchange(stopping_, true)) worker_->send(Kind::stop);
  if (const log::Seq until = control_.until(); until != until_) {
    worker_->send(Kind::until, encode_number(until_ = until));
  }
  if (control_.verified() && !std::exchange(verified_, true)) worker_->send(Kind::verified);
  const bool yield = setup_.options.yield && setup_.options.yield();
  if (yield != yielding_) {
    yielding_ = yield;
    worker_->send(Kind::yield, encode_number(yield ? 1 : 0));
  }
}

void LoopProcess::watch_time() {
  if (end_.told && Clock::now() - told_at_ > end_time_max) {
    worker_->condemn("did not end");
    return;
  }
  if (whole(page_->note().call().running) <= options_.call_time_max) return;
  worker_->condemn("hung for " + plugin::seconds_text(options_.call_time_max));
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
    case Kind::refused: return decode(frame.content, end_.refused.emplace());
    default: return false;
  }
}

/// How far it is, the view says: a process may say anything.
bool LoopProcess::take_position(bool committed) {
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
  if (has_ended(telling.activity)) {
    // What has failed says why.
    if (telling.activity == Activity::failed) return false;
    end_.told = true;
    told_at_ = Clock::now();
  }
  control_.is(telling.activity, std::move(telling.why));
  return true;
}

bool LoopProcess::take_failure(ByteView content) {
  projection::Failure failure;
  if (!decode(content, failure)) return false;
  failure.version = setup_.code->version;
  failure.at_us = log::now_us();
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
