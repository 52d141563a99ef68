#include <algorithm>

#include "core/base/clock.h"
#include "core/base/crash_point.h"
#include "core/base/wire.h"
#include "core/log/limits.h"
#include "core/log/tail/row.h"
#include "core/log/tail/value.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

constexpr std::size_t mark_key_bytes_max = 511;
constexpr std::int64_t readers_check_us = 5'000'000;

Result<void> check_text(std::string_view what, std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return ok();
  return Error{Errc::too_large, std::string(what) + " has " + std::to_string(text.size()) +
                                    " bytes, the limit is " + std::to_string(limit)};
}

Result<void> check_extras(const CommitExtras& extras) {
  for (const CursorUpdate& cursor : extras.cursors) {
    if (cursor.name.empty()) return Error{Errc::invalid, "a cursor needs a name"};
    REFOLD_CHECK(check_text("cursor name", cursor.name, cursor_name_bytes_max));
    REFOLD_CHECK(
        check_text("value of cursor " + cursor.name, cursor.value, cursor_value_bytes_max));
  }
  for (const MarkUpdate& mark : extras.marks) {
    if (mark.key.empty()) return Error{Errc::invalid, "a mark needs a key"};
    REFOLD_CHECK(check_text("mark key", mark.key, mark_key_bytes_max));
    REFOLD_CHECK(check_text("value of a mark", mark.value, cursor_value_bytes_max));
  }
  return ok();
}

Result<void> check_all(std::span<const Event> events, const CommitExtras& extras) {
  for (std::size_t index = 0; index < events.size(); ++index) {
    if (auto checked = check_event(events[index]); checked.has_error()) {
      return within("event " + std::to_string(index + 1) + " of " + std::to_string(events.size()) +
                        " to append",
                    std::move(checked).error());
    }
  }
  return check_extras(extras);
}

/// Numbers the events and writes their rows. Returns LMDB's code.
int put_rows(TailWriteTxn& txn, std::span<Event> events) {
  MDB_cursor* cursor = nullptr;
  int code = mdb_cursor_open(txn.get(), txn.databases().events, &cursor);
  if (code != 0) return code;
  for (Event& event : events) {
    event.seq = ++txn.state.last;
    event.witness_us = txn.state.last_us;
    MDB_val key{sizeof event.seq, &event.seq};
    MDB_val row{row_bytes(event), nullptr};
    code = mdb_cursor_put(cursor, &key, &row, MDB_APPEND | MDB_RESERVE);
    if (code != 0) break;
    encode_row(event, static_cast<std::uint8_t*>(row.mv_data));
  }
  mdb_cursor_close(cursor);
  return code;
}

int put_extras(const TailWriteTxn& txn, const CommitExtras& extras, std::int64_t now) {
  int code = 0;
  Bytes value;
  for (const CursorUpdate& cursor : extras.cursors) {
    value.clear();
    put_fixed(value, now);
    append(value, bytes_of(cursor.value));
    code = put_value(txn.get(), txn.databases().cursors, bytes_of(cursor.name), value);
    if (code != 0) return code;
  }
  for (const MarkUpdate& mark : extras.marks) {
    code = put_value(txn.get(), txn.databases().marks, bytes_of(mark.key), bytes_of(mark.value));
    if (code != 0) return code;
  }
  return code;
}

/// The clock is behind the newest event: not followed, but kept for those who ask for the log's
/// state, if it was never further behind.
Result<void> note_clock_jump(TailWriteTxn& txn, std::int64_t now) {
  const ClockJump jump{txn.state.last_us - now, txn.state.last + 1, txn.state.last_us};
  REFOLD_TRY(const ClockJump largest, read_clock_jump(txn.get(), txn.databases()));
  if (jump.back_us <= largest.back_us) return ok();
  const int code =
      put_value(txn.get(), txn.databases().meta, bytes_of(meta_key::clock), encode(jump));
  return code == 0 ? ok() : Result<void>(txn.fail("append to", code));
}

/// Returns the last seq.
Result<Seq> commit_all(Tail& tail, std::span<Event> events, const CommitExtras& extras,
                       std::int64_t now) {
  REFOLD_TRY(TailWriteTxn txn, tail.write());
  if (!events.empty() && now < txn.state.last_us) REFOLD_CHECK(note_clock_jump(txn, now));
  if (!events.empty()) txn.state.last_us = std::max(now, txn.state.last_us);
  const Seq last = txn.state.last + events.size();
  int code = put_rows(txn, events);
  if (code == 0) code = put_extras(txn, extras, now);
  if (code != 0) return txn.fail("append to", code);
  crash_point("append.before_commit");
  REFOLD_CHECK(txn.commit("append to"));
  crash_point("append.committed");
  return last;
}

}  // namespace

Result<void> WitnessLog::append(std::span<Event> events, const CommitExtras& extras) {
  if (!writable()) return Error{Errc::unsupported, "this log is open for reading only"};
  REFOLD_CHECK(check_all(events, extras));
  const std::lock_guard lock(impl_->append_mutex);
  const std::int64_t now = now_us();
  auto last = commit_all(*impl_->tail, events, extras, now);
  if (last.has_error()) {
    for (Event& event : events) event.seq = 0;
    return std::move(last).error();
  }
  if (now - impl_->readers_checked_us > readers_check_us) {
    impl_->readers_checked_us = now;
    impl_->tail->clear_stale_readers();
  }
  const std::lock_guard announcing(impl_->announce_mutex);
  impl_->announced_last = *last;
  impl_->announced.notify_all();
  return ok();
}

}  // namespace refold::log
