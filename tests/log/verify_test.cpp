#include <gtest/gtest.h>
#include <lmdb.h>

#include <fstream>

#include "core/log/limits.h"
#include "core/log/tail/row.h"
#include "core/log/tail/state.h"
#include "core/log/tail/value.h"
#include "core/log/witness_log.h"
#include "tests/support/events.h"
#include "tests/support/sanitized.h"
#include "tests/support/temp_folder.h"

namespace refold::log {
namespace {

using namespace refold::testing;
namespace fs = std::filesystem;

/// Two segments and a tail. What is wrong with them is made by writing to the files while closed.
struct VerifyTest : ::testing::Test {
  TempFolder folder;
  fs::path data = folder / "data";
  fs::path segments = data / "log" / "segments";
  std::unique_ptr<WitnessLog> log;
  std::vector<TestEvent> all;

  void SetUp() override {
    log = WitnessLog::open_writer(data).value();
    all = append(*log, random_events(10'000, 1));
    EXPECT_EQ(log->seal(chunk_events).value(), chunk_events);
    EXPECT_EQ(log->seal(chunk_events).value(), chunk_events);
  }
  Result<void> verify() {
    log.reset();
    auto opened = WitnessLog::open_writer(data);
    if (opened.has_error()) return std::move(opened).error();
    log = std::move(*opened);
    return log->verify();
  }
  void tamper(const char* database, const std::function<void(MDB_txn*, MDB_dbi)>& change) {
    log.reset();
    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    MDB_dbi dbi = 0;
    ASSERT_EQ(mdb_env_create(&env), 0);
    ASSERT_EQ(mdb_env_set_maxdbs(env, 8), 0);
    ASSERT_EQ(mdb_env_open(env, (data / "log" / "tail.mdb").c_str(), MDB_NOSUBDIR, 0600), 0);
    ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
    ASSERT_EQ(mdb_dbi_open(txn, database, 0, &dbi), 0);
    change(txn, dbi);
    ASSERT_EQ(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
  }
  /// Somebody who knows the format writes a segment anew, from `all` as it is now, and lists it;
  /// under the old digest of the chain, if it shall look as if nothing had happened.
  void forge(std::size_t index, bool under_old_chain = false) {
    const SegmentInfo info = log->stat().value().segments[index];
    SegmentPlan plan;
    plan.log_id = log->id();
    plan.first = info.first;
    plan.last = info.last;
    plan.rewrite = 1;
    plan.chain_before = info.chain_before;
    const EventRange events = [&](Seq first, Seq last, const EventVisitor& visit) -> Result<void> {
      for (Seq seq = first; seq <= last; ++seq) REFOLD_CHECK(visit(all[seq - 1].view()));
      return ok();
    };
    const SegmentInfo forged = write_segment(segments, plan, events).value();
    const fs::path file = segments / segment_file_name(forged);
    fs::rename(fs::path(file).concat(".new"), file);
    tamper("segments", [&](MDB_txn* txn, MDB_dbi list) {
      std::uint8_t key[8];
      store_be64(key, forged.first);
      SegmentInfo shown = forged;
      if (under_old_chain) shown.chain = info.chain;
      ASSERT_EQ(put_value(txn, list, key, encode(shown)), 0);
    });
  }
  /// The first event from `seq` on that carries a previous payload.
  TestEvent& carrier(Seq seq) {
    while (all[seq - 1].previous_record.empty()) ++seq;
    return all[seq - 1];
  }
  static void put_row(MDB_txn* txn, MDB_dbi events, Seq seq, const TestEvent& event) {
    Event view = event.view();
    view.seq = seq;
    Bytes row(row_bytes(view));
    encode_row(view, row.data());
    MDB_val key{sizeof seq, &seq};
    MDB_val value = to_value(row);
    ASSERT_EQ(mdb_put(txn, events, &key, &value, 0), 0);
  }
};

TEST_F(VerifyTest, AGoodLogPassesAndTheProgressReachesItsEnd) {
  Seq before = 0;
  const auto verified = log->verify([&](Seq done) {
    EXPECT_GT(done, before);
    before = done;
    return true;
  });
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(before, 10'000U);
}

TEST_F(VerifyTest, ItEndsWhereItIsTold) {
  EXPECT_TRUE(failed(log->verify([](Seq) { return false; }), Errc::closed, "before its end"));
}

TEST_F(VerifyTest, AnEmptyLogPasses) {
  const auto empty = WitnessLog::open_writer(folder / "empty").value();
  EXPECT_TRUE(empty->verify().has_value());
}

TEST_F(VerifyTest, AFlippedByteAnywhereInASegmentIsFound) {
  const fs::path file = segments / segment_file_name(log->stat().value().segments[1]);
  const std::string good = content_of(file);
  std::mt19937_64 random(1);
  for (int round = 0; round < (sanitized ? 20 : 60); ++round) {
    std::string bad = good;
    const std::size_t at = random() % bad.size();
    bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    std::ofstream(file, std::ios::binary) << bad;
    EXPECT_TRUE(failed(verify(), Errc::corrupt, file.filename().native())) << "byte " << at;
  }
  std::ofstream(file, std::ios::binary) << good;
  EXPECT_TRUE(verify().has_value());
}

TEST_F(VerifyTest, AForgedSegmentWithAllItsChecksumsBreaksTheChainOfTheNextOne) {
  const Sha256Digest root = log->root().value();
  all[499].rkey += "x";
  forge(0);
  EXPECT_TRUE(
      failed(verify(), Errc::corrupt, "4097-00000000000000008192.0.seg: its chain does not go on"));
  EXPECT_EQ(log->root().value(), root);
}

TEST_F(VerifyTest, AForgeryOfTheLastSegmentShowsInTheRoot) {
  const Sha256Digest root = log->root().value();
  all[4'999].rkey += "x";
  forge(1);
  EXPECT_TRUE(verify().has_value());
  EXPECT_NE(log->root().value(), root);
}

TEST_F(VerifyTest, AForgeryUnderTheOldChainIsFound) {
  all[4'999].rkey += "x";
  forge(1, true);
  EXPECT_TRUE(failed(verify(), Errc::corrupt, "chain are not what the log lists"));
}

TEST_F(VerifyTest, ATimeThatRunsBackwardsIsNamed) {
  all[8'999].event.witness_us -= 1;
  tamper("events", [&](MDB_txn* txn, MDB_dbi events) { put_row(txn, events, 9'000, all[8'999]); });
  EXPECT_TRUE(failed(verify(), Errc::corrupt,
                     "event 9000: it was witnessed before the event in front of it"));
}

TEST_F(VerifyTest, AForgedPreviousPayloadInTheTailIsNamed) {
  TestEvent& forged = carrier(8'193);
  forged.previous_record = record_of(post, "never said");
  const Seq seq = forged.event.seq;
  tamper("events", [&](MDB_txn* txn, MDB_dbi events) { put_row(txn, events, seq, forged); });
  EXPECT_TRUE(failed(verify(), Errc::corrupt,
                     "event " + std::to_string(seq) +
                         ": the payload it carries as previous is not that of event " +
                         std::to_string(forged.event.previous_seq)));
}

TEST_F(VerifyTest, AForgedPreviousPayloadInASegmentIsNamed) {
  const Sha256Digest root = log->root().value();
  TestEvent& forged = carrier(5'000);
  forged.previous_record = record_of(post, "never said");
  forge(1);
  EXPECT_TRUE(failed(verify(), Errc::corrupt,
                     "event " + std::to_string(forged.event.seq) +
                         ": the payload it carries as previous is not that of event "));
  EXPECT_EQ(log->root().value(), root) << "the chain holds the place only";
}

TEST_F(VerifyTest, APreviousPayloadFromTheFutureIsNamed) {
  TestEvent& forged = carrier(9'000);
  forged.event.previous_seq = forged.event.seq;
  const Seq seq = forged.event.seq;
  tamper("events", [&](MDB_txn* txn, MDB_dbi events) { put_row(txn, events, seq, forged); });
  EXPECT_TRUE(failed(verify(), Errc::corrupt, "which is not before it"));
}

TEST_F(VerifyTest, AGapInTheListOfSegmentsIsNamed) {
  tamper("segments", [&](MDB_txn* txn, MDB_dbi list) {
    std::uint8_t key[8];
    store_be64(key, 1);
    MDB_val name = to_value(key);
    ASSERT_EQ(mdb_del(txn, list, &name, nullptr), 0);
  });
  EXPECT_TRUE(failed(WitnessLog::open_writer(data), Errc::corrupt, "no segment holds event 1"));
}

TEST_F(VerifyTest, ARowBeyondTheEndIsFound) {
  tamper("events", [&](MDB_txn* txn, MDB_dbi events) { put_row(txn, events, 10'001, all[0]); });
  EXPECT_TRUE(failed(verify(), Errc::corrupt, "it has 1809 events instead of 1808"));
}

TEST_F(VerifyTest, AStrayRowOfASealedEventIsFound) {
  tamper("events", [&](MDB_txn* txn, MDB_dbi events) { put_row(txn, events, 17, all[16]); });
  EXPECT_TRUE(failed(verify(), Errc::corrupt, "it has 1809 events instead of 1808"));
}

}  // namespace
}  // namespace refold::log
