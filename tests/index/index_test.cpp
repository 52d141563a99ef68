#include "core/index/index.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/index/damage.h"
#include "tests/index/fixture.h"

namespace refold::index {
namespace {

using log::Kind;

struct IndexTest : RecorderTest {
  [[nodiscard]] std::filesystem::path file() const { return data / "index" / "index.mdb"; }

  void record_some() {
    record({create("alice", "1", 1, "a"), update("alice", "1", 2, "b"), create("bob", "1", 3, "x"),
            create("bob", "2", 3, "y").without_payload(), handle_is("bob", "bob.example", 1, 10)});
    record({remove("bob", "1", 4), create("alice", "1", 1, "older"),
            account_is("alice", "deactivated", 2, 20)});
  }
  void expect_what_was_recorded() {
    EXPECT_EQ(head("alice", "1")->seq, 2U);
    EXPECT_EQ(head("bob", "1")->kind, Kind::remove);
    EXPECT_EQ(head("bob", "2")->missing, log::Missing::not_sent);
    EXPECT_EQ(repo("bob").handle, "bob.example");
    EXPECT_FALSE(repo("alice").active);
    EXPECT_EQ(record({create("alice", "1", 1, "older")}).known, 1U);
  }
};

TEST_F(IndexTest, IsBuiltFromTheLogIfThereIsNone) {
  record_some();
  recorder.reset();
  std::filesystem::remove_all(data / "index");
  recorder = Recorder::open(data, options).value();
  expect_what_was_recorded();
}

TEST_F(IndexTest, CatchesUpFromItsLastFlush) {
  record_some();
  const auto early = folder / "early.mdb";
  recorder.reset();
  std::filesystem::copy_file(file(), early);
  recorder = Recorder::open(data, options).value();
  record({create("carol", "1", 9, "c"), remove("alice", "1", 10)});
  recorder.reset();
  std::filesystem::rename(early, file());
  recorder = Recorder::open(data, options).value();
  EXPECT_EQ(head("carol", "1")->kind, Kind::create);
  EXPECT_EQ(head("alice", "1")->kind, Kind::remove);
  expect_index_is_as_built_anew();
}

TEST_F(IndexTest, BuiltAnewEqualsTheLiveOne) {
  options.index.flush_events = 3;
  reopen();
  record_some();
  expect_index_is_as_built_anew();
  expect_what_was_recorded();
  recorder.reset();
  const auto log = log::WitnessLog::open_reader(data).value();
  const auto verdict = verify_index(*log);
  EXPECT_TRUE(verdict.has_value()) << verdict.error().message;
}

TEST_F(IndexTest, OfAnotherLogIsBuiltAnew) {
  record_some();
  const auto other = folder / "other";
  {
    const auto another = Recorder::open(other, options).value();
    (void)another->record(batch_of({create("mallory", "1", 1, "m")}));
  }
  recorder.reset();
  std::filesystem::copy_file(other / "index" / "index.mdb", file(),
                             std::filesystem::copy_options::overwrite_existing);
  recorder = Recorder::open(data, options).value();
  EXPECT_EQ(head("mallory", "1"), std::nullopt);
  expect_what_was_recorded();
}

TEST_F(IndexTest, ThatIsNoIndexIsBuiltAnew) {
  record_some();
  recorder.reset();
  std::ofstream(file(), std::ios::trunc) << std::string(10'000, 'x');
  recorder = Recorder::open(data, options).value();
  expect_what_was_recorded();
}

TEST_F(IndexTest, AheadOfItsLogIsBuiltAnew) {
  record({create("alice", "1", 1, "a")});
  recorder.reset();
  const auto backup = folder / "backup";
  std::filesystem::copy(data, backup, std::filesystem::copy_options::recursive);
  recorder = Recorder::open(data, options).value();
  record({create("alice", "2", 2, "b")});
  recorder.reset();
  // The log comes from the backup, the index does not.
  std::filesystem::copy_file(file(), backup / "index" / "index.mdb",
                             std::filesystem::copy_options::overwrite_existing);
  data = backup;
  recorder = Recorder::open(data, options).value();
  EXPECT_EQ(head("alice", "2"), std::nullopt);
  EXPECT_EQ(head("alice", "1")->seq, 1U);
}

TEST_F(IndexTest, OfALogThatWentOnDifferentlyIsBuiltAnew) {
  record({create("alice", "1", 1, "a")});
  recorder.reset();
  const auto backup = folder / "backup";
  std::filesystem::copy(data, backup, std::filesystem::copy_options::recursive);
  recorder = Recorder::open(data, options).value();
  record({create("alice", "2", 2, "b")});
  recorder.reset();
  const auto kept = folder / "kept.mdb";
  std::filesystem::copy_file(file(), kept);
  data = backup;
  recorder = Recorder::open(data, options).value();
  record({create("bob", "2", 2, "b")});
  recorder.reset();
  std::filesystem::rename(kept, file());
  recorder = Recorder::open(data, options).value();
  EXPECT_EQ(head("alice", "2"), std::nullopt);
  EXPECT_EQ(head("bob", "2")->seq, 2U);
}

TEST_F(IndexTest, LeavesNothingOfAnInterruptedRebuild) {
  record_some();
  recorder.reset();
  std::ofstream(data / "index" / "index.mdb.new") << "half of an index";
  recorder = Recorder::open(data, options).value();
  EXPECT_FALSE(std::filesystem::exists(data / "index" / "index.mdb.new"));
  ASSERT_TRUE(recorder->reindex().has_value());
  EXPECT_FALSE(std::filesystem::exists(data / "index" / "index.mdb.new"));
  expect_what_was_recorded();
}

TEST_F(IndexTest, AFlippedBitIsReportedWithItsRow) {
  record_some();
  recorder.reset();
  damage_head(data, did_of("alice"), post, "1");
  recorder = Recorder::open(data, options).value();
  const auto found = recorder->head(did_of("alice"), post, "1");
  EXPECT_TRUE(failed(found, Errc::corrupt, "checksum mismatch"));
  EXPECT_TRUE(failed(recorder->record(batch_of({update("alice", "1", 9, "z")})), Errc::corrupt,
                     "refold log reindex"));
  EXPECT_EQ(record({create("bob", "9", 9, "z")}, "other").appended, 1U);
  recorder.reset();
  const auto log = log::WitnessLog::open_reader(data).value();
  EXPECT_TRUE(failed(verify_index(*log), Errc::corrupt, "table heads"));
}

TEST_F(IndexTest, WhoseDamageIsMetWhileItCatchesUpIsBuiltAnew) {
  record_some();
  const auto early = folder / "early.mdb";
  recorder.reset();
  std::filesystem::copy_file(file(), early);
  recorder = Recorder::open(data, options).value();
  record({update("alice", "1", 9, "z")});
  recorder.reset();
  std::filesystem::rename(early, file());
  damage_head(data, did_of("alice"), post, "1");
  reopen();
  EXPECT_EQ(head("alice", "1")->rev, rev(9));
  EXPECT_EQ(head("bob", "1")->kind, Kind::remove);
  expect_index_is_as_built_anew();
}

TEST_F(IndexTest, IsLeftAloneWhenItIsTheLogThatIsDamaged) {
  record_some();
  const auto early = folder / "early.mdb";
  recorder.reset();
  std::filesystem::copy_file(file(), early);
  recorder = Recorder::open(data, options).value();
  record({create("carol", "1", 9, "damage me")});
  recorder.reset();
  std::filesystem::rename(early, file());
  const auto tail = data / "log" / "tail.mdb";
  std::string bytes = content_of(tail);
  for (auto at = bytes.find("damage me"); at != std::string::npos;
       at = bytes.find("damage me", at)) {
    bytes[at] = 'D';
  }
  std::ofstream(tail, std::ios::binary) << bytes;
  const std::string before = content_of(file());
  EXPECT_TRUE(failed(Recorder::open(data, options), Errc::corrupt, "checksum mismatch"));
  EXPECT_EQ(content_of(file()), before);
}

}  // namespace
}  // namespace refold::index
