#include <utility>

#include "core/log/damage.h"
#include "core/log/tail/tail.h"
#include "core/log/tail/value.h"

namespace refold::log {
namespace {

/// Codes that tell of this transaction only: the environment is as good as before.
bool harmless(int code) noexcept {
  return code == MDB_MAP_FULL || code == MDB_TXN_FULL || code == MDB_KEYEXIST ||
         code == MDB_NOTFOUND || code == MDB_BAD_VALSIZE;
}

}  // namespace

TailReadTxn::TailReadTxn(Tail* tail, const TailEnv* env, MDB_txn* txn)
    : tail_(tail), env_(env), txn_(txn) {}

TailReadTxn::TailReadTxn(TailReadTxn&& other) noexcept
    : tail_(std::exchange(other.tail_, nullptr)),
      env_(other.env_),
      txn_(other.txn_),
      state_(other.state_) {}

TailReadTxn::~TailReadTxn() {
  if (tail_ != nullptr) tail_->end_read(txn_);
}

TailWriteTxn::TailWriteTxn(Tail* tail, std::unique_lock<FairMutex> lock, MDB_txn* txn,
                           TailState found)
    : state(found), tail_(tail), lock_(std::move(lock)), txn_(txn), before_(found) {}

TailWriteTxn::TailWriteTxn(TailWriteTxn&& other) noexcept
    : state(other.state),
      tail_(other.tail_),
      lock_(std::move(other.lock_)),
      txn_(std::exchange(other.txn_, nullptr)),
      before_(other.before_) {}

TailWriteTxn::~TailWriteTxn() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

const TailDatabases& TailWriteTxn::databases() const noexcept { return tail_->env_->databases(); }

Result<void> TailWriteTxn::commit(std::string_view what) {
  if (state != before_) {
    const int code = put_value(txn_, databases().meta, bytes_of(meta_key::state), encode(state));
    if (code != 0) return fail(what, code);
  }
  const int code = mdb_txn_commit(std::exchange(txn_, nullptr));
  if (code == 0) return ok();
  const Error error = tail_->error(what, code);
  tail_->after_failure();
  return error;
}

Error TailWriteTxn::fail(std::string_view what, int code) {
  mdb_txn_abort(std::exchange(txn_, nullptr));
  Error error = tail_->error(what, code);
  if (!harmless(code)) tail_->after_failure();
  return error;
}

}  // namespace refold::log
