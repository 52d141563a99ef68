#include "core/log/tail/rows.h"
#include "core/log/tail/value.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

/// Pages in use: all that the file holds, without those that the next writes will take first.
Result<std::uint64_t> used_bytes(const TailReadTxn& txn) {
  const TailDatabases& databases = txn.databases();
  std::uint64_t bytes = 0;
  for (const MDB_dbi database :
       {databases.events, databases.cursors, databases.segments, databases.marks, databases.meta}) {
    MDB_stat stat = {};
    if (const int code = mdb_stat(txn.get(), database, &stat); code != 0) {
      return lmdb_error("cannot measure " + txn.env().file().native(), code);
    }
    bytes += stat.ms_psize * (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages);
  }
  return bytes;
}

}  // namespace

Result<LogStat> WitnessLog::stat() const {
  LogStat stat;
  stat.log_id = impl_->tail->identity().log_id;
  stat.created_us = impl_->tail->identity().created_us;
  REFOLD_TRY(const TailReadTxn txn, impl_->tail->read());
  const TailState& state = txn.state();
  REFOLD_TRY(const auto list, impl_->segments.list(txn));
  REFOLD_TRY(stat.tail_bytes, used_bytes(txn));
  REFOLD_TRY(const ClockJump jump, read_clock_jump(txn.get(), txn.databases()));
  stat.clock_back_us = jump.back_us;
  stat.clock_back_seq = jump.seq;
  stat.clock_back_at_us = jump.witness_us;
  stat.segments = *list;
  stat.first = state.last == 0 ? 0 : 1;
  stat.last = state.last;
  stat.sealed_last = state.sealed_last;
  stat.pruned_last = state.pruned_last;
  stat.last_us = state.last_us;
  stat.tail_events = state.last - state.pruned_last;
  stat.segment_bytes = state.segment_bytes;
  stat.redaction_epoch = state.redaction_epoch;
  if (!list->empty()) {
    stat.first_us = list->front().first_us;
  } else if (state.last != 0) {
    REFOLD_TRY(stat.first_us, row_witness_us(txn, 1));
  }
  std::error_code failure;
  const auto size = std::filesystem::file_size(txn.env().file(), failure);
  stat.tail_file_bytes = failure ? 0 : size;
  return stat;
}

}  // namespace refold::log
