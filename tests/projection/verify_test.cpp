#include "core/view/batch.h"
#include "tests/projection/fixture.h"

namespace refold::projection {
namespace {

struct VerifyTest : ProjectionTest {
  [[nodiscard]] static ByteView key(const std::string& text) { return bytes_of(text); }
  static std::string key_of(std::string_view who, std::string_view rkey) {
    return did_of(who) + "/" + std::string(post) + "/" + std::string(rkey);
  }

  /// Changes rows behind everybody's back, and keeps the books in order: only a rebuild can tell.
  void tamper(const std::string& name, const std::function<void(view::Batch&)>& change) {
    close();
    {
      const auto view =
          good(view::View::open_writer(data / "projections" / name / "1", options.view));
      view::Batch batch(*view);
      change(batch);
      good(batch.commit(good(view->checkpoint())));
    }
    open();
  }
};

TEST_F(VerifyTest, AViewThatIsRightIsFoundEqual) {
  for (const char* const name : {"tally", "latest", "guests", "diary", "fickle"}) load(name);
  post_some("alice", 300);
  record({remove("alice", "7", 1000), account_is("bob", "deactivated", 1, 1)});
  for (const std::string& name : projections->names()) {
    catch_up(name);
    const auto report = good(at(name).verify(nullptr));
    EXPECT_TRUE(report.equal) << name << ": " << report.said;
    EXPECT_EQ(report.seq, last());
    EXPECT_NE(report.said.find("equal to a rebuild at seq"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(data / "projections" / "tally" / "verify"));
}

TEST_F(VerifyTest, ARowThatWasChangedIsNamedWithTheEventThatWroteIt) {
  load("latest");
  post_some("alice", 20);
  const log::Seq seq = record({update("alice", "5", 100, "newer")});
  post_some("bob", 5, 200);
  catch_up("latest");
  tamper("latest", [](view::Batch& batch) {
    ASSERT_EQ(batch.put(0, key(key_of("alice", "5")), key("tampered")), view::Row::found);
  });
  const auto report = good(at("latest").verify(nullptr));
  EXPECT_FALSE(report.equal);
  EXPECT_EQ(report.difference->table, "rows");
  EXPECT_EQ(text_of(report.difference->key), key_of("alice", "5"));
  EXPECT_EQ(report.event, seq);
  EXPECT_TRUE(report.repeatable);
  EXPECT_NE(report.said.find("table 'rows', key \"" + key_of("alice", "5") + '"'),
            std::string::npos)
      << report.said;
  EXPECT_NE(report.said.find("from event " + std::to_string(seq) + " on (at://"), std::string::npos)
      << report.said;
}

TEST_F(VerifyTest, AnUpdateThatWasLostIsNamed) {
  load("latest");
  post_some("alice", 5);
  catch_up("latest");
  const log::Seq lost = record({update("alice", "3", 100, "second")});
  record({update("alice", "3", 101, "third")});
  catch_up("latest");
  tamper("latest", [](view::Batch& batch) {
    const Bytes before = record_of(post, "hello 3");
    ASSERT_EQ(batch.put(0, key(key_of("alice", "3")), before), view::Row::found);
  });
  const auto report = good(at("latest").verify(nullptr));
  EXPECT_EQ(report.event, lost) << report.said;
}

TEST_F(VerifyTest, ARowTooManyAndARowTooFewAreFound) {
  load("tally");
  post_some("alice", 5);
  catch_up("tally");
  tamper("tally", [](view::Batch& batch) {
    ASSERT_EQ(batch.put(0, key("extra"), key("row")), view::Row::found);
  });
  auto report = good(at("tally").verify(nullptr));
  EXPECT_EQ(report.event, 0U);
  EXPECT_NE(report.said.find("no event writes it"), std::string::npos) << report.said;
  tamper("tally", [](view::Batch& batch) {
    ASSERT_EQ(batch.remove(0, key("extra")), view::Row::found);
    ASSERT_EQ(batch.remove(0, bytes_of(post)), view::Row::found);
  });
  report = good(at("tally").verify(nullptr));
  EXPECT_EQ(text_of(report.difference->key), post);
  EXPECT_NE(report.said.find("the view lacks this row"), std::string::npos) << report.said;
  EXPECT_EQ(report.event, 1U);
}

TEST_F(VerifyTest, CodeThatIsNotDeterministicIsFoundOut) {
  load("fickle");
  post_some("alice", 10);
  const log::Seq dice = record({create("bob", "1", 100, "dice")});
  post_some("carol", 10, 200);
  catch_up("fickle");
  const auto report = good(at("fickle").verify(nullptr));
  EXPECT_FALSE(report.equal);
  EXPECT_FALSE(report.repeatable);
  EXPECT_EQ(report.event, dice);
  EXPECT_EQ(text_of(report.difference->key), key_of("bob", "1"));
  EXPECT_NE(report.said.find("'fickle' is not deterministic"), std::string::npos) << report.said;
}

TEST_F(VerifyTest, TheLoopGoesOnMeanwhile) {
  load("latest");
  post_some("alice", 2000);
  catch_up("latest");
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int number = 1; !stop; ++number) post_some("bob", 3, number * 3 + 5000);
  });
  for (int round = 0; round < 3; ++round) expect_as_rebuilt("latest");
  stop = true;
  writer.join();
  catch_up("latest");
}

TEST_F(VerifyTest, ItCanBeStopped) {
  options.loop.retry_pause = options.loop.retry_pause_max = 60s;
  load("moody");
  post_some("alice", 5, 1, "poison");
  catch_up("moody");
  // The rebuild would wait for a minute.
  mood().what = Mood::What::retry;
  mood().retries = 1;
  const std::atomic<bool> stop{true};
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(failed(at("moody").verify(&stop), Errc::closed, "the rebuild was stopped"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
  mood().what = Mood::What::nothing;
  expect_as_rebuilt("moody");
}

}  // namespace
}  // namespace refold::projection
