#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/lmdb/env.h"
#include "core/lmdb/gate.h"
#include "core/view/view.h"

namespace refold::view {

class Environment;

/// A snapshot of a view's environment. It pins pages, and opening the environment anew waits for
/// it.
class ReadTxn {
 public:
  ReadTxn(Environment* environment, lmdb::Txn txn)
      : environment_(environment), txn_(std::move(txn)) {}
  ~ReadTxn();
  ReadTxn(ReadTxn&& other) noexcept
      : environment_(std::exchange(other.environment_, nullptr)), txn_(std::move(other.txn_)) {}
  ReadTxn& operator=(ReadTxn&&) = delete;

  [[nodiscard]] MDB_txn* get() const noexcept { return txn_.get(); }
  [[nodiscard]] const Environment& environment() const noexcept { return *environment_; }

 private:
  Environment* environment_;
  lmdb::Txn txn_;
};

/// The write transaction. Aborts unless it was committed.
class WriteTxn {
 public:
  WriteTxn(Environment* environment, lmdb::Txn txn)
      : environment_(environment), txn_(std::move(txn)) {}
  ~WriteTxn();
  WriteTxn(WriteTxn&& other) noexcept
      : environment_(std::exchange(other.environment_, nullptr)), txn_(std::move(other.txn_)) {}
  WriteTxn& operator=(WriteTxn&&) = delete;

  [[nodiscard]] MDB_txn* get() const noexcept { return txn_.get(); }
  [[nodiscard]] Result<void> commit();
  /// Aborts because LMDB returned `code` to somebody who wanted `what`; the environment is opened
  /// anew if the code says that it must not be trusted any more.
  [[nodiscard]] Error fail(std::string_view what, int code);
  /// Aborts because of what was found in the file, whose name it adds.
  [[nodiscard]] Error refuse(Error why);

 private:
  void end() noexcept;
  Environment* environment_;
  lmdb::Txn txn_;
};

/// The LMDB environment of a view, and its life: reader slots, maps that were enlarged, commits
/// that failed. Any thread may read, one may write.
class Environment {
 public:
  static constexpr unsigned readers_max = 1024;
  enum class Access : std::uint8_t { read, write };

  /// Makes a new file, complete and on the disk.
  [[nodiscard]] static Result<void> create(const std::filesystem::path& file,
                                           const std::vector<TableStat>& tables,
                                           const Checkpoint& checkpoint, std::size_t map_bytes);
  /// Errors: `not_found`, `newer_format`, `corrupt`, `io`.
  [[nodiscard]] static Result<std::unique_ptr<Environment>> open(std::filesystem::path file,
                                                                 Access access,
                                                                 std::size_t map_bytes);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  [[nodiscard]] Result<ReadTxn> read();
  /// Opens the environment anew if its state is in doubt.
  /// Errors: `invalid` if it was opened to be read; `corrupt` if the disk has lost a commit that
  /// the caller builds on.
  [[nodiscard]] Result<WriteTxn> write();
  /// The writing thread builds on whatever is there.
  void rebase() noexcept { base_ = 0; }

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  [[nodiscard]] Access access() const noexcept { return access_; }
  [[nodiscard]] std::size_t map_bytes() const noexcept { return map_bytes_; }
  [[nodiscard]] const std::vector<std::string>& tables() const noexcept { return tables_; }
  /// These are for those who are in a transaction.
  [[nodiscard]] MDB_dbi meta() const noexcept { return meta_; }
  [[nodiscard]] MDB_dbi table(std::uint32_t index) const noexcept { return databases_[index]; }
  [[nodiscard]] int descriptor() const noexcept;

  /// An Error that says what to do.
  [[nodiscard]] Error error(std::string_view what, int code) const;

 private:
  friend class ReadTxn;
  friend class WriteTxn;

  Environment(std::filesystem::path file, Access access, std::size_t map_bytes)
      : file_(std::move(file)), access_(access), map_bytes_(map_bytes) {}
  [[nodiscard]] Result<void> open_file();
  [[nodiscard]] Result<void> open_tables();
  [[nodiscard]] Result<void> reopen(std::uint64_t seen);
  [[nodiscard]] int begin_read(lmdb::Txn& txn);
  [[nodiscard]] int commit(lmdb::Txn& txn);
  void after_failure(int code, std::uint64_t seen);

  std::filesystem::path file_;
  Access access_;
  std::size_t map_bytes_;
  std::vector<std::string> tables_;  ///< the same for as long as the view is

  /// Inside it, what follows stays as it is.
  lmdb::EnvGate gate_;
  std::uint64_t incarnation_ = 0;  ///< how often it was opened anew
  lmdb::Env env_;
  MDB_dbi meta_ = 0;
  std::vector<MDB_dbi> databases_;
  std::mutex reopen_mutex_;

  // The writing thread's.
  bool in_doubt_ = false;      ///< must be opened anew before anything is written:
  std::uint64_t doubted_ = 0;  ///< this incarnation
  bool unproven_ = true;       ///< its last commit may not be on the disk
  std::uint64_t base_ = 0;     ///< its last commit, as LMDB numbers them; 0: any
};

}  // namespace refold::view
