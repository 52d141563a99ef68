#include "tests/bench/replay/row_store.h"
#include "tests/bench/sqlite.h"

namespace refold::bench {
namespace {

using Statement = Sqlite::Statement;

constexpr const char* schema =
    "CREATE TABLE rows(key BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE position(one INTEGER PRIMARY KEY, seq INTEGER NOT NULL);";

class SqliteRows : public RowStore {
 public:
  static Result<std::unique_ptr<RowStore>> create(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    auto rows = std::make_unique<SqliteRows>();
    REFOLD_CHECK(rows->sqlite_.open(folder / "rows.sqlite"));
    REFOLD_CHECK(rows->sqlite_.execute(schema));
    REFOLD_CHECK(rows->sqlite_.prepare("SELECT row FROM rows WHERE key=?", rows->select_));
    REFOLD_CHECK(rows->sqlite_.prepare("REPLACE INTO rows VALUES(?,?)", rows->replace_));
    REFOLD_CHECK(rows->sqlite_.prepare("DELETE FROM rows WHERE key=?", rows->remove_));
    REFOLD_CHECK(rows->sqlite_.prepare("REPLACE INTO position VALUES(1,?)", rows->move_));
    REFOLD_CHECK(rows->sqlite_.prepare("SELECT seq FROM position", rows->position_));
    REFOLD_CHECK(rows->sqlite_.prepare("SELECT key,row FROM rows", rows->all_));
    return std::unique_ptr<RowStore>(std::move(rows));
  }

  Result<bool> read(std::string_view key, std::string& row) override {
    Sqlite::bind(select_, 1, bytes_of(key));
    const int code = sqlite3_step(select_.get());
    if (code == SQLITE_ROW) row = text_of(Sqlite::blob(select_, 0));
    sqlite3_reset(select_.get());
    REFOLD_CHECK(sqlite_.check(code));
    return code == SQLITE_ROW;
  }

  Result<void> commit(std::span<const Change> changes, log::Seq seq) override {
    REFOLD_CHECK(sqlite_.execute("BEGIN IMMEDIATE"));
    for (const Change& change : changes) {
      const Statement& statement = change.row == nullptr ? remove_ : replace_;
      Sqlite::bind(statement, 1, bytes_of(change.key));
      if (change.row != nullptr) Sqlite::bind(statement, 2, bytes_of(*change.row));
      REFOLD_CHECK(sqlite_.run(statement));
    }
    sqlite3_bind_int64(move_.get(), 1, static_cast<sqlite3_int64>(seq));
    REFOLD_CHECK(sqlite_.run(move_));
    return sqlite_.execute("COMMIT");
  }

  Result<log::Seq> position() override {
    const int code = sqlite3_step(position_.get());
    const auto seq = static_cast<log::Seq>(sqlite3_column_int64(position_.get(), 0));
    sqlite3_reset(position_.get());
    REFOLD_CHECK(sqlite_.check(code));
    return seq;
  }

  Result<void> visit(const Visitor& visitor) override {
    int code = sqlite3_step(all_.get());
    for (; code == SQLITE_ROW; code = sqlite3_step(all_.get())) {
      visitor(text_of(Sqlite::blob(all_, 0)), text_of(Sqlite::blob(all_, 1)));
    }
    sqlite3_reset(all_.get());
    return sqlite_.check(code);
  }

 private:
  Sqlite sqlite_;
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
