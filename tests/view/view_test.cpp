#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/lmdb/env.h"
#include "core/lmdb/value.h"
#include "tests/support/child.h"
#include "tests/view/fixture.h"

namespace refold::view {
namespace {

namespace fs = std::filesystem;
using testing::Channel;
using testing::Child;

unsigned mode_of(const fs::path& path) {
  struct stat status = {};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return status.st_mode & 0777U;
}

/// Changes `meta` as nobody should. The view is not open.
void change_meta(const fs::path& file, const std::function<int(MDB_txn*, MDB_dbi)>& change) {
  lmdb::Env env;
  ASSERT_EQ(lmdb::open_env(file, {0, std::size_t{1} << 30, 8, 8}, env), 0);
  lmdb::Txn txn;
  MDB_dbi meta = 0;
  ASSERT_EQ(txn.begin(env.get(), 0), 0);
  ASSERT_EQ(mdb_dbi_open(txn.get(), "meta", 0, &meta), 0);
  ASSERT_EQ(change(txn.get(), meta), 0);
  ASSERT_EQ(txn.commit(), 0);
}

/// Flips a bit in the value under `name`.
int damage_value(MDB_txn* txn, MDB_dbi meta, std::string_view name) {
  MDB_val key = lmdb::to_value(bytes_of(name));
  MDB_val value;
  if (const int code = mdb_get(txn, meta, &key, &value); code != 0) return code;
  Bytes flipped(lmdb::view_of(value).begin(), lmdb::view_of(value).end());
  flipped.back() ^= 1;
  value = lmdb::to_value(flipped);
  return mdb_put(txn, meta, &key, &value, 0);
}

TEST_F(ViewTest, ANewViewHasItsTablesAndItsCheckpointAndNobodyElseMayReadIt) {
  create();
  EXPECT_EQ(view->tables(), two_tables);
  EXPECT_EQ(view->folder(), folder);
  expect_holds(*view, {{}, {}}, 0);
  EXPECT_EQ(mode_of(folder), 0700U);
  EXPECT_EQ(mode_of(folder / "view.mdb"), 0600U);
  EXPECT_GT(view->stat().value().file_bytes, 0U);
  reopen();
  EXPECT_EQ(view->tables(), two_tables);
  expect_holds(*view, {{}, {}}, 0);
}

TEST_F(ViewTest, StatTellsWhatTheRowsTake) {
  create();
  EXPECT_EQ(view->stat().value().bytes, 0U);
  Batch batch(*view);
  for (int key = 0; key < 1000; ++key) put(batch, 0, std::to_string(key), std::string(100, 'r'));
  commit(batch, 1);
  const ViewStat stat = view->stat().value();
  EXPECT_GT(stat.bytes, 100'000U);
  EXPECT_LT(stat.bytes, 200'000U);
  EXPECT_GE(stat.file_bytes, stat.bytes);
  EXPECT_EQ(stat.file_bytes, fs::file_size(folder / "view.mdb"));
}

TEST_F(ViewTest, AViewIsNotMadeWhereOneIsOrAnythingElse) {
  create();
  view.reset();
  EXPECT_TRUE(failed(View::create(folder, two_tables, at_seq(0)), Errc::invalid,
                     "cannot create the view in " + folder.native() + ": there is one already"));
  const fs::path strange = temp / "strange";
  fs::create_directory(strange);
  std::ofstream(strange / "letters.txt") << "mine";
  EXPECT_TRUE(failed(View::create(strange, two_tables, at_seq(0)), Errc::invalid, "letters.txt"));
  EXPECT_EQ(testing::content_of(strange / "letters.txt"), "mine");
}

TEST_F(ViewTest, WhatACrashHasLeftOfAViewInTheMakingIsMadeAnew) {
  fs::create_directory(folder);
  std::ofstream(folder / "view.mdb.new") << "half of it";
  std::ofstream(folder / "view.mdb-lock") << "of an older one";
  EXPECT_TRUE(failed(View::open_writer(folder), Errc::not_found, folder.native()));
  create();
  expect_holds(*view, {{}, {}}, 0);
  EXPECT_FALSE(fs::exists(folder / "view.mdb.new"));
}

TEST_F(ViewTest, TablesAreAsManyAsAllowedAndHaveDifferentNames) {
  std::vector<std::string> tables;
  for (std::size_t number = 0; number < tables_max; ++number) {
    tables.push_back("table-" + std::to_string(number));
  }
  create(tables);
  {
    Batch batch(*view);
    for (std::uint32_t table = 0; table < tables_max; ++table)
      put(batch, table, "a", tables[table]);
    commit(batch, 1);
  }
  reopen();
  EXPECT_EQ(view->tables(), tables);
  EXPECT_EQ(row_of(snapshot(), 77, "a"), "table-77");
  tables.emplace_back("one-more");
  EXPECT_TRUE(
      failed(View::create(temp / "b", tables, {}), Errc::invalid, "129 tables, at most 128"));
  EXPECT_TRUE(failed(View::create(temp / "b", {"a", "a"}, {}), Errc::invalid, "\"a\""));
  EXPECT_TRUE(failed(View::create(temp / "b", {""}, {}), Errc::invalid, "\"\""));
  EXPECT_TRUE(failed(View::create(temp / "b", {std::string(64, 'a')}, {}), Errc::invalid, "63"));
  EXPECT_FALSE(fs::exists(temp / "b"));
  const auto named = View::create(temp / "c", {"meta", "table.meta"}, {}, options);
  EXPECT_TRUE(named.has_value());
}

TEST_F(ViewTest, WithoutTablesACheckpointIsKeptAllTheSame) {
  create({});
  Batch batch(*view);
  commit(batch, 5);
  expect_holds(*view, {}, 5);
}

TEST_F(ViewTest, WhatIsNotThereIsNotFound) {
  EXPECT_TRUE(failed(View::open_reader(folder), Errc::not_found, folder.native()));
  EXPECT_TRUE(failed(View::open_writer(folder), Errc::not_found, folder.native()));
  EXPECT_FALSE(fs::exists(folder));
  fs::create_directory(folder);
  EXPECT_TRUE(failed(View::open_writer(folder), Errc::not_found, folder.native()));
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(ViewTest, OneProcessWritesAndTheOthersAreToldWhich) {
  create();
  view.reset();
  Child other([&](const Channel& parent) {
    const auto held = View::open_writer(folder, options).value();
    parent.say();
    (void)parent.hear();
  });
  (void)other.channel().hear();
  EXPECT_TRUE(failed(View::open_writer(folder, options), Errc::busy,
                     "another process holds it (pid " + std::to_string(other.pid())));
  EXPECT_TRUE(failed(remove_view(folder), Errc::busy, std::to_string(other.pid())));
  EXPECT_TRUE(View::open_reader(folder, options).has_value());
  other.channel().say();
  EXPECT_EQ(other.wait(), 0);
  EXPECT_TRUE(View::open_writer(folder, options).has_value());
}

TEST_F(ViewTest, AProcessOpensAViewOnce) {
  create();
  EXPECT_TRUE(failed(View::open_writer(folder), Errc::busy, std::to_string(getpid())));
  EXPECT_TRUE(failed(View::open_reader(folder), Errc::busy, "open already"));
  EXPECT_TRUE(failed(remove_view(folder), Errc::busy, "open already"));
  expect_holds(*view, {{}, {}}, 0);
}

TEST_F(ViewTest, AReaderSeesWhatAnotherProcessCommits) {
  create();
  view.reset();
  Child writer([&](const Channel& parent) {
    const auto writing = View::open_writer(folder, options).value();
    Batch batch(*writing);
    (void)parent.hear();
    put(batch, 0, "a", "1");
    commit(batch, 1);
    parent.say();
    (void)parent.hear();
  });
  const auto reader = View::open_reader(folder, options).value();
  const Snapshot before = Snapshot::open(*reader).value();
  writer.channel().say();
  (void)writer.channel().hear();
  EXPECT_EQ(row_of(before, 0, "a"), "(none)");
  expect_holds(*reader, {{{"a", "1"}}, {}}, 1);
  writer.channel().say();
  EXPECT_EQ(writer.wait(), 0);
}

TEST_F(ViewTest, AReaderFollowsAWriterThatWasGivenALargerMap) {
  options.map_bytes = std::size_t{1} << 20;
  create();
  view.reset();
  Child writer([&](const Channel& parent) {
    const auto writing = View::open_writer(folder, {std::size_t{1} << 30}).value();
    Batch batch(*writing);
    (void)parent.hear();
    put(batch, 0, "large", std::string(row_bytes_max, 'r'));
    commit(batch, 1);
    parent.say();
    (void)parent.hear();
  });
  const auto reader = View::open_reader(folder, options).value();
  EXPECT_EQ(row_of(Snapshot::open(*reader).value(), 0, "large"), "(none)");
  writer.channel().say();
  (void)writer.channel().hear();
  EXPECT_EQ(row_of(Snapshot::open(*reader).value(), 0, "large"), std::string(row_bytes_max, 'r'));
  writer.channel().say();
  EXPECT_EQ(writer.wait(), 0);
}

TEST_F(ViewTest, DamagedMetaDataIsRefusedByName) {
  for (const auto& [name, words] :
       std::map<std::string, std::string>{{"checkpoint", "the checkpoint: checksum mismatch"},
                                          {"tables", "the list of tables: checksum mismatch"},
                                          {"format", "the format version: checksum mismatch"}}) {
    create();
    view.reset();
    change_meta(folder / "view.mdb",
                [&](MDB_txn* txn, MDB_dbi meta) { return damage_value(txn, meta, name); });
    EXPECT_TRUE(failed(View::open_writer(folder, options), Errc::corrupt, words));
    EXPECT_TRUE(failed(View::open_reader(folder, options), Errc::corrupt, "replay the projection"));
    change_meta(folder / "view.mdb", [&](MDB_txn* txn, MDB_dbi meta) {
      MDB_val key = lmdb::to_value(bytes_of(name));
      return mdb_del(txn, meta, &key, nullptr);
    });
    EXPECT_TRUE(failed(View::open_writer(folder, options), Errc::corrupt, "it is gone"));
    ASSERT_TRUE(remove_view(folder).has_value());
  }
}

TEST_F(ViewTest, AViewOfALaterFormatIsRefusedWithBothNumbers) {
  create();
  view.reset();
  change_meta(folder / "view.mdb", [&](MDB_txn* txn, MDB_dbi meta) {
    return lmdb::put_value(txn, meta, bytes_of("format"), Bytes{7, 0, 0, 0});
  });
  EXPECT_TRUE(failed(View::open_writer(folder, options), Errc::newer_format,
                     "format version 7, this program knows up to 1"));
}

TEST_F(ViewTest, WhatIsNoViewIsRefused) {
  create();
  view.reset();
  fs::resize_file(folder / "view.mdb", 5000);
  EXPECT_TRUE(failed(View::open_reader(folder, options), Errc::corrupt, "ends before"));
  fs::resize_file(folder / "view.mdb", 0);
  EXPECT_TRUE(failed(View::open_reader(folder, options), Errc::corrupt, "ends before"));
  std::ofstream(folder / "view.mdb") << std::string(10'000, 'x');
  EXPECT_TRUE(failed(View::open_writer(folder, options), Errc::corrupt, "no meta page"));
}

TEST_F(ViewTest, ARemovedViewIsGoneAndRemovingItAgainIsNoError) {
  create();
  view.reset();
  EXPECT_TRUE(remove_view(folder).has_value());
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(remove_view(folder).has_value());
  create();
}

TEST_F(ViewTest, RemovingLeavesWhatDoesNotBelongToTheView) {
  create();
  view.reset();
  std::ofstream(folder / "letters.txt") << "mine";
  EXPECT_TRUE(failed(remove_view(folder), Errc::invalid, "something else"));
  EXPECT_EQ(testing::content_of(folder / "letters.txt"), "mine");
  EXPECT_TRUE(failed(View::open_reader(folder), Errc::not_found, folder.native()));
}

TEST_F(ViewTest, ASnapshotInAnotherProcessOutlivesTheView) {
  create();
  {
    Batch batch(*view);
    put(batch, 0, "a", "1");
    commit(batch, 1);
  }
  view.reset();
  Child reader([&](const Channel& parent) {
    const auto reading = View::open_reader(folder, options).value();
    const Snapshot seen = Snapshot::open(*reading).value();
    parent.say();
    (void)parent.hear();
    EXPECT_EQ(row_of(seen, 0, "a"), "1");
  });
  (void)reader.channel().hear();
  EXPECT_TRUE(remove_view(folder).has_value());
  reader.channel().say();
  EXPECT_EQ(reader.wait(), 0);
}

TEST_F(ViewTest, AViewIsNotClosedUnderASnapshot) {
  create();
  const auto close_early = [&] {
    const Snapshot seen = snapshot();
    view.reset();
  };
  EXPECT_DEATH(close_early(), "while a batch or a snapshot of it was open");
}

}  // namespace
}  // namespace refold::view
