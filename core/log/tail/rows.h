#pragma once

#include "core/base/result.h"
#include "core/log/filter.h"
#include "core/log/page.h"
#include "core/log/segment/segment.h"
#include "core/log/tail/tail.h"

namespace refold::log {

/// The most rows, and about the most bytes, that one transaction looks at: a filter that nothing
/// passes must not pin pages for long.
inline constexpr std::size_t examined_rows_max = std::size_t{1} << 16;
inline constexpr std::size_t examined_bytes_max = std::size_t{8} << 20;

/// Appends copies of the events from page.next to `last` that pass, up to the page's limits and the
/// two above, and moves page.next behind the last row that was looked at. Kinds that this version
/// does not know are passed over.
/// Precondition: pruned_last < page.next <= last <= the snapshot's last.
/// Errors: `corrupt` names the event; the page keeps what came before.
[[nodiscard]] Result<void> read_rows(const TailReadTxn& txn, Seq last, const Matcher& matcher,
                                     Page& page);

/// Appends the event `seq`, under the same preconditions. Errors: `corrupt`; `unsupported` for a
/// kind that this version does not know.
[[nodiscard]] Result<void> read_row(const TailReadTxn& txn, Seq seq, Page& page);

/// The witness time of the row `seq`, of whatever kind. Errors: `corrupt`.
[[nodiscard]] Result<std::int64_t> row_witness_us(const TailReadTxn& txn, Seq seq);

/// Hands the tail's events first..last to `visit`, every one of them, in order, a page at a time:
/// no transaction is open during a visit. `everything` is a matcher that passes all.
/// Errors: `corrupt`; `unsupported` for a kind that this version does not know; those of `visit`.
[[nodiscard]] Result<void> visit_rows(Tail& tail, const Matcher& everything, Seq first, Seq last,
                                      const EventVisitor& visit);

}  // namespace refold::log
