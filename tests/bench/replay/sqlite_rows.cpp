#include <sqlite3.h>

#include "core/base/bytes.h"
#include "tests/bench/replay/row_store.h"

namespace refold::bench {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

constexpr const char* settings =
    "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=8192; PRAGMA cache_size=-262144;";
constexpr const char* schema =
    "CREATE TABLE rows(key BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE position(one INTEGER PRIMARY KEY, seq INTEGER NOT NULL);";

class SqliteRows : public RowStore {
 public:
  static Result<std::unique_ptr<RowStore>> create(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    auto rows = std::make_unique<SqliteRows>();
    sqlite3* opened = nullptr;
    const int code = sqlite3_open((folder / "rows.sqlite").c_str(), &opened);
    rows->database_.reset(opened);
    REFOLD_CHECK(rows->check(code));
    REFOLD_CHECK(rows->execute(settings));
    REFOLD_CHECK(rows->execute(schema));
    REFOLD_CHECK(rows->prepare("SELECT row FROM rows WHERE key=?", rows->select_));
    REFOLD_CHECK(rows->prepare("REPLACE INTO rows VALUES(?,?)", rows->replace_));
    REFOLD_CHECK(rows->prepare("DELETE FROM rows WHERE key=?", rows->remove_));
    REFOLD_CHECK(rows->prepare("REPLACE INTO position VALUES(1,?)", rows->move_));
    REFOLD_CHECK(rows->prepare("SELECT seq FROM position", rows->position_));
    REFOLD_CHECK(rows->prepare("SELECT key,row FROM rows", rows->all_));
    return std::unique_ptr<RowStore>(std::move(rows));
  }

  Result<bool> read(std::string_view key, std::string& row) override {
    bind(select_, 1, key);
    const int code = sqlite3_step(select_.get());
    if (code == SQLITE_ROW) row = blob(select_, 0);
    sqlite3_reset(select_.get());
    REFOLD_CHECK(check(code));
    return code == SQLITE_ROW;
  }

  Result<void> commit(std::span<const Change> changes, log::Seq seq) override {
    REFOLD_CHECK(execute("BEGIN IMMEDIATE"));
    for (const Change& change : changes) {
      const Statement& statement = change.row == nullptr ? remove_ : replace_;
      bind(statement, 1, change.key);
      if (change.row != nullptr) bind(statement, 2, *change.row);
      REFOLD_CHECK(run(statement));
    }
    sqlite3_bind_int64(move_.get(), 1, static_cast<sqlite3_int64>(seq));
    REFOLD_CHECK(run(move_));
    return execute("COMMIT");
  }

  Result<log::Seq> position() override {
    const int code = sqlite3_step(position_.get());
    const auto seq = static_cast<log::Seq>(sqlite3_column_int64(position_.get(), 0));
    sqlite3_reset(position_.get());
    REFOLD_CHECK(check(code));
    return seq;
  }

  Result<void> visit(const Visitor& visitor) override {
    int code = sqlite3_step(all_.get());
    for (; code == SQLITE_ROW; code = sqlite3_step(all_.get())) {
      visitor(blob(all_, 0), blob(all_, 1));
    }
    sqlite3_reset(all_.get());
    return check(code);
  }

 private:
  Result<void> check(int code) const {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return ok();
    return Error{Errc::io, std::string("sqlite: ") + sqlite3_errmsg(database_.get())};
  }
  Result<void> execute(const char* statement) {
    return check(sqlite3_exec(database_.get(), statement, nullptr, nullptr, nullptr));
  }
  Result<void> prepare(const char* text, Statement& statement) {
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v3(database_.get(), text, -1, SQLITE_PREPARE_PERSISTENT,
                                        &prepared, nullptr);
    statement.reset(prepared);
    return check(code);
  }
  static void bind(const Statement& statement, int place, std::string_view value) {
    sqlite3_bind_blob64(statement.get(), place, value.data(), value.size(), SQLITE_STATIC);
  }
  static std::string_view blob(const Statement& statement, int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement.get(), column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), column))};
  }
  Result<void> run(const Statement& statement) {
    const int code = sqlite3_step(statement.get());
    sqlite3_reset(statement.get());
    return check(code);
  }

  std::unique_ptr<sqlite3, CloseDatabase> database_;
  Statement select_;
  Statement replace_;
  Statement remove_;
  Statement move_;
  Statement position_;
  Statement all_;
};

}  // namespace

Result<std::unique_ptr<RowStore>> create_sqlite_rows(const std::filesystem::path& folder) {
  return SqliteRows::create(folder);
}

}  // namespace refold::bench
