#include <string>

#include "core/base/crash_point.h"
#include "core/base/file.h"
#include "core/log/damage.h"
#include "core/log/tail/files.h"
#include "core/log/tail/row.h"
#include "core/log/tail/tail.h"
#include "core/log/tail/value.h"

namespace refold::log {
namespace {

/// Rows whose checksums are verified when the tail was opened again.
constexpr Seq proof_rows = 64;

Result<void> check_row(MDB_txn* txn, const TailEnv& env, Seq seq) {
  MDB_val key{sizeof seq, &seq};
  MDB_val row;
  const int code = mdb_get(txn, env.databases().events, &key, &row);
  if (code != 0) return lmdb_error(env.file().native() + ": event " + std::to_string(seq), code);
  Event event;
  if (auto decoded = decode_row(view_of(row), seq, event); decoded.has_error()) {
    return within(env.file().native(), std::move(decoded).error());
  }
  return ok();
}

Result<void> check_last_rows(MDB_txn* txn, const TailEnv& env) {
  REFOLD_TRY(const TailState state, read_state(txn, env));
  for (Seq seq = state.last; seq > state.pruned_last && seq + proof_rows > state.last; --seq) {
    REFOLD_CHECK(check_row(txn, env, seq));
  }
  return ok();
}

}  // namespace

/// After a failed sync the kernel has dropped the dirty pages, and after a failed write of the meta
/// page LMDB does not know which state counts: the handle must not be used again.
/// Precondition: write_mutex_ is held and no write transaction is open.
void Tail::after_failure() noexcept {
  unproven_ = true;
  ++incarnation_;
  if (const auto opened = reopen(); opened.has_error()) {
    return;  // Whoever reads or writes next tries again, and tells what is wrong.
  }
}

/// The last rows are intact, and a commit goes through: only then what the failed commit may have
/// left visible is durable too.
Result<void> Tail::prove() {
  MDB_txn* txn = nullptr;
  int code = mdb_txn_begin(env_->get(), nullptr, 0, &txn);
  if (code == 0) {
    if (auto checked = check_last_rows(txn, *env_); checked.has_error()) {
      mdb_txn_abort(txn);
      return checked;
    }
    std::uint8_t count[8];
    store_le(count, incarnation_.load());
    code = put_value(txn, env_->databases().meta, bytes_of(meta_key::proof), count);
    if (code == 0) {
      code = mdb_txn_commit(txn);
    } else {
      mdb_txn_abort(txn);
    }
  }
  if (code != 0) {
    Error failure = error("write to", code);
    after_failure();
    return failure;
  }
  unproven_ = false;
  return ok();
}

Result<void> Tail::replace(const std::filesystem::path& copy) {
  const std::unique_lock lock(write_mutex_);
  REFOLD_TRY(const std::optional<std::uint64_t> current, newest_tail(folder_));
  const std::uint64_t next = current.value_or(0) + 1;
  gate_.close();
  close_env();
  std::error_code failure;
  std::filesystem::rename(copy, tail_file(folder_, next), failure);
  Result<void> done = failure
                          ? Result<void>(system_error("rename " + copy.native(), failure.value()))
                          : sync_folder(folder_);
  crash_point("redact.renamed");
  if (done.has_value()) done = remove_other_tails(folder_, next);
  if (auto opened = open_newest(); opened.has_error() && done.has_value()) done = opened;
  gate_.open();
  return done;
}

}  // namespace refold::log
