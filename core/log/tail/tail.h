#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/result.h"
#include "core/lmdb/gate.h"
#include "core/log/tail/env.h"
#include "core/log/tail/fair_mutex.h"
#include "core/log/tail/state.h"

namespace refold::log {

class Tail;

/// A snapshot of the tail. Short: it pins pages, and reopening the tail waits for it. A thread has
/// one at a time, and none when it begins a TailWriteTxn.
class TailReadTxn {
 public:
  TailReadTxn(Tail* tail, const TailEnv* env, MDB_txn* txn);
  ~TailReadTxn();
  TailReadTxn(TailReadTxn&& other) noexcept;
  TailReadTxn& operator=(TailReadTxn&&) = delete;

  [[nodiscard]] const TailState& state() const noexcept { return state_; }
  [[nodiscard]] MDB_txn* get() const noexcept { return txn_; }
  [[nodiscard]] const TailDatabases& databases() const noexcept { return env_->databases(); }
  [[nodiscard]] const TailEnv& env() const noexcept { return *env_; }

 private:
  friend class Tail;
  Tail* tail_;
  const TailEnv* env_;
  MDB_txn* txn_;
  TailState state_;
};

/// The write transaction: there is one at a time. Aborts unless it was committed.
class TailWriteTxn {
 public:
  TailWriteTxn(Tail* tail, std::unique_lock<FairMutex> lock, MDB_txn* txn, TailState state);
  ~TailWriteTxn();
  TailWriteTxn(TailWriteTxn&& other) noexcept;
  TailWriteTxn& operator=(TailWriteTxn&&) = delete;

  /// Change it as you like; commit() writes it.
  TailState state;

  [[nodiscard]] MDB_txn* get() const noexcept { return txn_; }
  [[nodiscard]] const TailDatabases& databases() const noexcept;

  /// Durable when it returns. After an Error nothing of it counts, the tail was opened again, and
  /// a new transaction may be tried.
  [[nodiscard]] Result<void> commit(std::string_view what);
  /// Aborts because LMDB returned `code` to somebody who wanted `what`; opens the tail again if the
  /// code says that it must not be trusted any more.
  [[nodiscard]] Error fail(std::string_view what, int code);

 private:
  Tail* tail_;
  std::unique_lock<FairMutex> lock_;
  MDB_txn* txn_;
  TailState before_;
};

/// The LMDB environment of the newest events, and its life: reader slots, maps that were enlarged,
/// files that were replaced, commits that failed.
///
/// Any thread may read; writing threads are served one after the other.
class Tail {
 public:
  /// Errors: those of TailEnv::open; `not_found` for readers if there is no tail.
  [[nodiscard]] static Result<std::unique_ptr<Tail>> open(const std::filesystem::path& folder,
                                                          TailAccess access, std::size_t map_bytes);
  ~Tail();
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;

  [[nodiscard]] Result<TailReadTxn> read();
  [[nodiscard]] Result<TailWriteTxn> write();

  [[nodiscard]] const Identity& identity() const noexcept { return identity_; }
  [[nodiscard]] std::filesystem::path file() const;
  [[nodiscard]] std::size_t map_bytes() const noexcept { return map_bytes_; }
  /// How often the tail was opened again after a failed commit. A caller that keeps something in
  /// memory about the log compares it with the log anew when this has changed.
  [[nodiscard]] std::uint64_t incarnation() const noexcept { return incarnation_; }

  /// Frees the reader slots of dead processes.
  void clear_stale_readers() noexcept;

  /// Makes `copy`, a complete and synced tail in the same folder, the tail; removes the old one.
  [[nodiscard]] Result<void> replace(const std::filesystem::path& copy);

 private:
  friend class TailReadTxn;
  friend class TailWriteTxn;

  Tail(std::filesystem::path folder, TailAccess access, std::size_t map_bytes);
  [[nodiscard]] int begin_read(MDB_txn*& txn);
  void end_read(MDB_txn* txn) noexcept;
  [[nodiscard]] Result<void> open_newest();
  [[nodiscard]] Result<void> reopen();
  [[nodiscard]] Result<void> adopt_map_size();
  void close_env() noexcept;
  void check_readers() noexcept;
  void after_failure() noexcept;
  [[nodiscard]] Result<void> prove();
  [[nodiscard]] Error error(std::string_view what, int code) const;

  std::filesystem::path folder_;
  TailAccess access_;
  std::size_t map_bytes_;
  Identity identity_;
  std::atomic<std::uint64_t> incarnation_{0};

  /// Held by whoever writes, reopens or remaps.
  FairMutex write_mutex_;
  /// Inside it, env_ stays. It changes only under write_mutex_ with the gate closed.
  lmdb::EnvGate gate_;
  std::optional<TailEnv> env_;
  mutable std::mutex idle_mutex_;
  std::vector<MDB_txn*> idle_;  ///< reset read transactions, each with its reader slot
  std::filesystem::path file_;  ///< for messages, under idle_mutex_
  bool unproven_ = false;  ///< a commit failed, and none has succeeded since; under write_mutex_
};

}  // namespace refold::log
