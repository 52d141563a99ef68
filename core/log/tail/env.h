#pragma once

#include <lmdb.h>

#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/base/result.h"
#include "core/lmdb/env.h"
#include "core/log/tail/state.h"

namespace refold::log {

/// How an environment of the tail is opened.
enum class TailAccess : std::uint8_t {
  read,   ///< beside a writer, in this or another process
  write,  ///< by the one writer
  copy,   ///< a new file that nobody else knows yet: no lock file
};

struct TailDatabases {
  MDB_dbi events = 0;    ///< seq (native u64) -> row
  MDB_dbi cursors = 0;   ///< name -> updated_us, value
  MDB_dbi segments = 0;  ///< first seq (big-endian) -> SegmentInfo
  MDB_dbi marks = 0;     ///< key -> value
  MDB_dbi meta = 0;      ///< see meta_key
};

/// One open LMDB environment with the databases of a tail. Closes it when it goes.
///
/// LMDB's rules: a process opens a file once; no transaction may be open when this goes.
class TailEnv {
 public:
  static constexpr unsigned readers_max = 1024;

  /// Opens the file; creates and initialises it with `identity` if access is `write` or `copy`.
  /// Errors: `not_found` if there is no log in it; `newer_format` names both versions, and nothing
  /// was touched; `corrupt`; `no_space`; `io`.
  [[nodiscard]] static Result<TailEnv> open(const std::filesystem::path& file, TailAccess access,
                                            std::size_t map_bytes);

  [[nodiscard]] MDB_env* get() const noexcept { return env_.get(); }
  [[nodiscard]] const TailDatabases& databases() const noexcept { return databases_; }
  [[nodiscard]] const Identity& identity() const noexcept { return identity_; }
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

  /// The file was removed under its name: another one has taken its place.
  [[nodiscard]] bool replaced() const noexcept;

 private:
  TailEnv() = default;
  [[nodiscard]] Result<bool> has_log() const;
  [[nodiscard]] Result<void> initialise();
  [[nodiscard]] Result<void> open_databases();
  [[nodiscard]] Error error(std::string_view what, int code) const;

  std::filesystem::path file_;
  lmdb::Env env_;
  TailDatabases databases_;
  Identity identity_;
};

/// The state as the transaction sees it. Errors: `corrupt`.
[[nodiscard]] Result<TailState> read_state(MDB_txn* txn, const TailEnv& env);

/// The largest jump of the clock so far. Errors: `corrupt`.
[[nodiscard]] Result<ClockJump> read_clock_jump(MDB_txn* txn, const TailDatabases& databases);

}  // namespace refold::log
