#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::bench {

/// A database of SQLite, set up as the peers in the reports are: a write-ahead log, synced at each
/// commit. One thread. Errors: `io`, in SQLite's words.
class Sqlite {
 public:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  /// Makes the file, if there is none.
  [[nodiscard]] Result<void> open(const std::filesystem::path& file);
  [[nodiscard]] Result<void> execute(const char* statement) const;
  [[nodiscard]] Result<void> prepare(const char* text, Statement& statement) const;
  /// Of a statement that returns no rows.
  [[nodiscard]] Result<void> run(const Statement& statement) const;
  /// Whether that is a code of success.
  [[nodiscard]] Result<void> check(int code) const;

  /// The value stays where it is until the statement has run.
  static void bind(const Statement& statement, int place, ByteView value) {
    sqlite3_bind_blob64(statement.get(), place, value.data(), value.size(), SQLITE_STATIC);
  }
  /// Valid until the statement's next step.
  [[nodiscard]] static ByteView blob(const Statement& statement, int column) {
    const auto* data =
        static_cast<const std::uint8_t*>(sqlite3_column_blob(statement.get(), column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), column))};
  }

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
  };
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace refold::bench
