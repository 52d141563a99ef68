#include "core/log/tail/rows.h"

#include <memory>

#include "core/log/damage.h"
#include "core/log/limits.h"
#include "core/log/tail/row.h"
#include "core/log/tail/value.h"

namespace refold::log {
namespace {

struct CloseCursor {
  void operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }
};
using Cursor = std::unique_ptr<MDB_cursor, CloseCursor>;

Error at(const TailReadTxn& txn, Error error) {
  return within(txn.env().file().native(), std::move(error));
}

Error missing(const TailReadTxn& txn, Seq seq) {
  return at(txn, damaged("event " + std::to_string(seq), "its row is missing"));
}

/// Valid as long as the transaction.
Result<ByteView> find_row(const TailReadTxn& txn, Seq seq) {
  MDB_val key{sizeof seq, &seq};
  MDB_val row;
  const int code = mdb_get(txn.get(), txn.databases().events, &key, &row);
  if (code == MDB_NOTFOUND) return missing(txn, seq);
  if (code != 0) return at(txn, lmdb_error("cannot read event " + std::to_string(seq), code));
  return view_of(row);
}

Error unknown_kind(Seq seq) {
  return {Errc::unsupported, "event " + std::to_string(seq) +
                                 " is of a kind that this version does not know; use the newer "
                                 "program that wrote it"};
}

}  // namespace

Result<void> read_rows(const TailReadTxn& txn, Seq last, const Matcher& matcher, Page& page) {
  MDB_cursor* opened = nullptr;
  if (const int code = mdb_cursor_open(txn.get(), txn.databases().events, &opened); code != 0) {
    return at(txn, lmdb_error("cannot read events", code));
  }
  const Cursor cursor(opened);
  const bool everything = matcher.everything();
  std::size_t rows = 0;
  std::size_t examined_bytes = 0;
  std::size_t page_bytes = 0;
  for (MDB_cursor_op step = MDB_SET_KEY; page.next <= last; step = MDB_NEXT) {
    if (page.events.size() >= page_events_max || page_bytes >= page_bytes_max ||
        rows >= examined_rows_max || examined_bytes >= examined_bytes_max) {
      break;
    }
    Seq wanted = page.next;
    MDB_val key{sizeof wanted, &wanted};
    MDB_val row;
    if (const int code = mdb_cursor_get(opened, &key, &row, step); code != 0) {
      if (code == MDB_NOTFOUND) return missing(txn, wanted);
      return at(txn, lmdb_error("cannot read event " + std::to_string(wanted), code));
    }
    if (load_le<Seq>(static_cast<const std::uint8_t*>(key.mv_data)) != page.next) {
      return missing(txn, page.next);
    }
    const ByteView copy = page.arena.copy(view_of(row));
    Event& event = page.events.emplace_back();
    auto decoded = decode_row(copy, page.next, event);
    if (decoded.has_error()) {
      page.events.pop_back();
      return at(txn, std::move(decoded).error());
    }
    if (*decoded && (everything || matcher.wants(event))) {
      page_bytes += copy.size();
    } else {
      page.events.pop_back();
      page.arena.give_back(copy.size());
    }
    ++rows;
    examined_bytes += row.mv_size;
    ++page.next;
  }
  return ok();
}

Result<void> read_row(const TailReadTxn& txn, Seq seq, Page& page) {
  REFOLD_TRY(const ByteView row, find_row(txn, seq));
  Event event;
  auto decoded = decode_row(page.arena.copy(row), seq, event);
  if (decoded.has_error()) return at(txn, std::move(decoded).error());
  if (!*decoded) return unknown_kind(seq);
  page.events.push_back(event);
  return ok();
}

Result<std::int64_t> row_witness_us(const TailReadTxn& txn, Seq seq) {
  REFOLD_TRY(const ByteView row, find_row(txn, seq));
  Event event;
  if (auto decoded = decode_row(row, seq, event); decoded.has_error()) {
    return at(txn, std::move(decoded).error());
  }
  return event.witness_us;
}

Result<void> visit_rows(Tail& tail, const Matcher& everything, Seq first, Seq last,
                        const EventVisitor& visit) {
  Page page;
  for (page.next = first; page.next <= last;) {
    const Seq from = page.next;
    page.clear();
    {
      REFOLD_TRY(const TailReadTxn txn, tail.read());
      if (from <= txn.state().pruned_last || last > txn.state().last) return missing(txn, from);
      REFOLD_CHECK(read_rows(txn, last, everything, page));
    }
    Seq expected = from;
    for (const Event& event : page.events) {
      if (event.seq != expected) return unknown_kind(expected);
      ++expected;
      REFOLD_CHECK(visit(event));
    }
    if (expected != page.next) return unknown_kind(expected);
  }
  return ok();
}

}  // namespace refold::log
