#include "core/log/tail/tail.h"

#include <utility>

#include "core/base/file.h"
#include "core/log/damage.h"
#include "core/log/tail/files.h"
#include "core/log/tail/value.h"

namespace refold::log {
namespace {

/// How often a reader may find the tail enlarged, replaced or out of slots before it gives up.
constexpr unsigned read_attempts_max = 16;

/// A new tail gets its name when it is complete: LMDB would refuse half of one for ever.
Result<void> create_tail(const std::filesystem::path& folder, std::size_t map_bytes) {
  const std::filesystem::path file = tail_file(folder, 0);
  const std::filesystem::path fresh = std::filesystem::path(file).concat(unfinished);
  std::error_code failure;
  std::filesystem::remove(fresh, failure);
  if (failure) return system_error("remove " + fresh.native(), failure.value());
  { REFOLD_TRY(const TailEnv made, TailEnv::open(fresh, TailAccess::copy, map_bytes)); }
  std::filesystem::rename(fresh, file, failure);
  if (failure) return system_error("rename " + fresh.native(), failure.value());
  return sync_folder(folder);
}

}  // namespace

Tail::Tail(std::filesystem::path folder, TailAccess access, std::size_t map_bytes)
    : folder_(std::move(folder)), access_(access), map_bytes_(map_bytes) {}

Tail::~Tail() { close_env(); }

Result<std::unique_ptr<Tail>> Tail::open(const std::filesystem::path& folder, TailAccess access,
                                         std::size_t map_bytes) {
  std::unique_ptr<Tail> tail(new Tail(folder, access, map_bytes));
  REFOLD_CHECK(tail->open_newest());
  tail->identity_ = tail->env_->identity();
  tail->clear_stale_readers();
  return tail;
}

/// Precondition: nobody is inside the gate.
Result<void> Tail::open_newest() {
  for (unsigned attempt = 0;; ++attempt) {
    REFOLD_TRY(const std::optional<std::uint64_t> newest, newest_tail(folder_));
    if (!newest && access_ == TailAccess::read) {
      return Error{Errc::not_found, "there is no log in " + folder_.native()};
    }
    if (!newest) REFOLD_CHECK(create_tail(folder_, map_bytes_));
    auto env = TailEnv::open(tail_file(folder_, newest.value_or(0)), access_, map_bytes_);
    // Replaced between the listing and the opening?
    const bool gone = env.has_error() ? env.error().code == Errc::not_found : env->replaced();
    if (gone && attempt < read_attempts_max) continue;
    if (env.has_error()) return std::move(env).error();
    if (identity_.created_us != 0 && env->identity().log_id != identity_.log_id) {
      return damaged(env->file().native(), "another log has taken the place of the one opened");
    }
    env_ = std::move(*env);
    const std::lock_guard lock(idle_mutex_);
    file_ = env_->file();
    return ok();
  }
}

void Tail::close_env() noexcept {
  for (MDB_txn* const txn : idle_) mdb_txn_abort(txn);
  idle_.clear();
  env_.reset();
}

/// Precondition: write_mutex_ is held.
Result<void> Tail::reopen() {
  gate_.close();
  close_env();
  Result<void> opened = open_newest();
  gate_.open();
  return opened;
}

/// Another process enlarged the map.
Result<void> Tail::adopt_map_size() {
  gate_.close();
  for (MDB_txn* const txn : idle_) mdb_txn_abort(txn);
  idle_.clear();
  const int code = mdb_env_set_mapsize(env_->get(), 0);
  gate_.open();
  if (code != 0) return error("map", code);
  return ok();
}

int Tail::begin_read(MDB_txn*& txn) {
  {
    const std::lock_guard lock(idle_mutex_);
    if (!idle_.empty()) {
      txn = idle_.back();
      idle_.pop_back();
    }
  }
  if (txn == nullptr) return mdb_txn_begin(env_->get(), nullptr, MDB_RDONLY, &txn);
  const int code = mdb_txn_renew(txn);
  if (code != 0) mdb_txn_abort(std::exchange(txn, nullptr));
  return code;
}

void Tail::end_read(MDB_txn* txn) noexcept {
  mdb_txn_reset(txn);
  {
    const std::lock_guard lock(idle_mutex_);
    idle_.push_back(txn);
  }
  gate_.leave();
}

Result<TailReadTxn> Tail::read() {
  for (unsigned attempt = 0;; ++attempt) {
    gate_.enter();
    MDB_txn* txn = nullptr;
    int code = env_ ? begin_read(txn) : MDB_PANIC;
    if (code == 0) {
      TailReadTxn snapshot(this, &*env_, txn);
      if (access_ != TailAccess::read || !env_->replaced()) {
        REFOLD_TRY(snapshot.state_, read_state(txn, *env_));
        return snapshot;
      }
      code = MDB_PANIC;
    } else {
      if (code == MDB_READERS_FULL) check_readers();
      gate_.leave();
    }
    if (attempt >= read_attempts_max) return error("read", code);
    const std::unique_lock lock(write_mutex_);
    if (code == MDB_MAP_RESIZED) {
      REFOLD_CHECK(adopt_map_size());
    } else if (!env_ || (access_ == TailAccess::read && env_->replaced())) {
      REFOLD_CHECK(reopen());
    } else if (code != MDB_READERS_FULL && code != MDB_PANIC) {
      return error("read", code);
    }
  }
}

Result<TailWriteTxn> Tail::write() {
  std::unique_lock lock(write_mutex_);
  if (!env_) REFOLD_CHECK(reopen());
  if (unproven_) REFOLD_CHECK(prove());
  MDB_txn* txn = nullptr;
  if (const int code = mdb_txn_begin(env_->get(), nullptr, 0, &txn); code != 0) {
    Error failure = error("write to", code);
    after_failure();
    return failure;
  }
  auto state = read_state(txn, *env_);
  if (state.has_error()) {
    mdb_txn_abort(txn);
    return std::move(state).error();
  }
  return TailWriteTxn(this, std::move(lock), txn, *state);
}

std::filesystem::path Tail::file() const {
  const std::lock_guard lock(idle_mutex_);
  return file_;
}

void Tail::clear_stale_readers() noexcept {
  gate_.enter();
  check_readers();
  gate_.leave();
}

/// Precondition: env_ stays.
void Tail::check_readers() noexcept {
  int dead = 0;
  if (env_) (void)mdb_reader_check(env_->get(), &dead);
}

Error Tail::error(std::string_view what, int code) const {
  Error failure = lmdb_error("cannot " + std::string(what) + " " + file().native(), code);
  if (code == MDB_MAP_FULL) {
    failure.message += " (its " + std::to_string(map_bytes_) +
                       " bytes of address space are used up); seal the log, or open it with a "
                       "larger map_bytes";
  } else if (failure.code == Errc::no_space) {
    failure.message += "; free some space on its file system, then it goes on by itself";
  } else if (failure.code == Errc::io) {
    failure.message += "; nothing acknowledged is lost, check the disk";
  } else if (code == MDB_READERS_FULL) {
    failure.message += "; " + std::to_string(TailEnv::readers_max) + " readers are at work";
  }
  return failure;
}

}  // namespace refold::log
