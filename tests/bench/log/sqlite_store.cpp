#include <vector>

#include "core/base/clock.h"
#include "tests/bench/log/event_row.h"
#include "tests/bench/log/head_row.h"
#include "tests/bench/log/store.h"
#include "tests/bench/sqlite.h"

namespace refold::bench {
namespace {

using Statement = Sqlite::Statement;

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS events(seq INTEGER PRIMARY KEY, row BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS heads(key BLOB PRIMARY KEY, head BLOB NOT NULL) WITHOUT ROWID;";

class SqliteStore : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder, Access access) {
    std::filesystem::create_directories(folder);
    auto store = std::make_unique<SqliteStore>();
    store->indexed_ = access == Access::create_indexed;
    REFOLD_CHECK(store->sqlite_.open(folder / "events.sqlite"));
    if (access == Access::read_uncached)
      REFOLD_CHECK(store->sqlite_.execute("PRAGMA cache_size=0;"));
    REFOLD_CHECK(store->sqlite_.execute(schema));
    REFOLD_CHECK(store->sqlite_.prepare("INSERT INTO events VALUES(?,?)", store->insert_));
    REFOLD_CHECK(store->sqlite_.prepare("SELECT row FROM events WHERE seq=?", store->select_));
    REFOLD_CHECK(
        store->sqlite_.prepare("SELECT seq,row FROM events ORDER BY seq", store->select_all_));
    REFOLD_CHECK(store->sqlite_.prepare("SELECT head FROM heads WHERE key=?", store->select_head_));
    REFOLD_CHECK(store->sqlite_.prepare("REPLACE INTO heads VALUES(?,?)", store->replace_head_));
    return std::unique_ptr<Store>(std::move(store));
  }

  void take(std::span<const log::Event> events) override {
    events_.assign(events.begin(), events.end());
  }

  Result<void> append() override {
    REFOLD_CHECK(sqlite_.execute("BEGIN IMMEDIATE"));
    const std::int64_t now = now_us();
    for (log::Event& event : events_) {
      event.seq = ++last_;
      event.witness_us = now;
      if (indexed_ && log::is_record(event.kind)) REFOLD_CHECK(replace_head(event));
      encode_event_row(event, row_);
      sqlite3_bind_int64(insert_.get(), 1, static_cast<sqlite3_int64>(event.seq));
      Sqlite::bind(insert_, 2, row_);
      REFOLD_CHECK(sqlite_.run(insert_));
    }
    return sqlite_.execute("COMMIT");
  }

  Result<void> settle() override { return sqlite_.execute("PRAGMA wal_checkpoint(TRUNCATE);"); }

  Result<FieldsDigest> scan(std::string_view collection) override {
    FieldsDigest digest;
    log::Event event;
    int code = sqlite3_step(select_all_.get());
    for (; code == SQLITE_ROW; code = sqlite3_step(select_all_.get())) {
      const auto seq = static_cast<log::Seq>(sqlite3_column_int64(select_all_.get(), 0));
      REFOLD_CHECK(decode_event_row(Sqlite::blob(select_all_, 1), seq, event));
      if (collection.empty() || event.collection == collection) digest.add(event);
    }
    sqlite3_reset(select_all_.get());
    REFOLD_CHECK(sqlite_.check(code));
    return digest;
  }

  Result<void> get(log::Seq seq, FieldsDigest& digest) override {
    return with_row(seq, [&](ByteView row) -> Result<void> {
      log::Event event;
      REFOLD_CHECK(decode_event_row(row, seq, event));
      digest.add(event);
      return ok();
    });
  }

 private:
  template <class Use>
  Result<void> with_row(log::Seq seq, const Use& use) {
    sqlite3_bind_int64(select_.get(), 1, static_cast<sqlite3_int64>(seq));
    const int code = sqlite3_step(select_.get());
    Result<void> used = code == SQLITE_ROW
                            ? use(Sqlite::blob(select_, 0))
                            : Error{Errc::not_found, "sqlite: no event " + std::to_string(seq)};
    sqlite3_reset(select_.get());
    return used;
  }

  Result<void> replace_head(log::Event& event) {
    const index::RecordKey key = keys_.key(event);
    Sqlite::bind(select_head_, 1, key);
    std::optional<HeadRow> head;
    const int code = sqlite3_step(select_head_.get());
    if (code == SQLITE_ROW) head = decode_head_row(Sqlite::blob(select_head_, 0).data());
    sqlite3_reset(select_head_.get());
    REFOLD_CHECK(sqlite_.check(code));
    if (set_previous(event, head)) REFOLD_CHECK(read_previous(event));
    std::uint8_t value[HeadRow::bytes];
    encode_head_row({event.seq, event.rev.value, event.kind == log::Kind::remove}, value);
    Sqlite::bind(replace_head_, 1, key);
    Sqlite::bind(replace_head_, 2, value);
    return sqlite_.run(replace_head_);
  }

  Result<void> read_previous(log::Event& event) {
    return with_row(event.previous_seq, [&](ByteView row) -> Result<void> {
      log::Event previous;
      REFOLD_CHECK(decode_event_row(row, event.previous_seq, previous));
      previous_payload_.assign(previous.record.begin(), previous.record.end());
      event.previous_record = previous_payload_;
      return ok();
    });
  }

  Sqlite sqlite_;
  Statement insert_;
  Statement select_;
  Statement select_all_;
  Statement select_head_;
  Statement replace_head_;
  bool indexed_ = false;
  log::Seq last_ = 0;
  std::vector<log::Event> events_;
  Bytes row_;
  Bytes previous_payload_;
  HeadKeys keys_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& folder, Access access) {
  return SqliteStore::open(folder, access);
}

}  // namespace refold::bench
