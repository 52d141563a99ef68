#include "tests/bench/sqlite.h"

#include <string>

namespace refold::bench {
namespace {

constexpr const char* settings =
    "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=8192; PRAGMA cache_size=-262144;";

}  // namespace

Result<void> Sqlite::open(const std::filesystem::path& file) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open(file.c_str(), &opened);
  database_.reset(opened);
  REFOLD_CHECK(check(code));
  return execute(settings);
}

Result<void> Sqlite::execute(const char* statement) const {
  return check(sqlite3_exec(database_.get(), statement, nullptr, nullptr, nullptr));
}

Result<void> Sqlite::prepare(const char* text, Statement& statement) const {
  sqlite3_stmt* prepared = nullptr;
  const int code =
      sqlite3_prepare_v3(database_.get(), text, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  statement.reset(prepared);
  return check(code);
}

Result<void> Sqlite::run(const Statement& statement) const {
  const int code = sqlite3_step(statement.get());
  sqlite3_reset(statement.get());
  return check(code);
}

Result<void> Sqlite::check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return ok();
  return Error{Errc::io, std::string("sqlite: ") + sqlite3_errmsg(database_.get())};
}

}  // namespace refold::bench
