#include "core/server/projection_json.h"
#include "tests/server/fixture.h"

namespace refold::server {
namespace {

struct AdminTest : ServerTest {
  AdminTest() {
    post_some("alice", 5);
    load("tally");
    catch_up("tally");
    become_live("tally");
  }
  std::string job_state(const std::string& id) {
    return text_of(json(post_get("/admin/jobs/" + id))["state"]);
  }
  [[nodiscard]] net::Response post_get(const std::string& target) const {
    net::Request asked = request("GET", target);
    asked.local = true;
    return ask(std::move(asked));
  }
};

TEST_F(AdminTest, PausingAndResumingSayWhatTheyDid) {
  serve();
  EXPECT_THAT(post("/admin/projections/tally/pause").body, HasSubstr("\"changed\":true"));
  EXPECT_THAT(post("/admin/projections/tally/pause").body, HasSubstr("\"changed\":false"));
  EXPECT_EQ(status("tally").state(), "paused");
  EXPECT_THAT(post("/admin/projections/tally/resume").body, HasSubstr("\"changed\":true"));
  EXPECT_THAT(post("/admin/projections/nobody/pause"), Refuses(404, "nobody"));
}

TEST_F(AdminTest, AReplayIsPromotedAndCanBeRolledBack) {
  serve();
  const auto started = post("/admin/projections/tally/replay");
  EXPECT_EQ(started.status, 202U) << started.body;
  const std::string id = text_of(json(started)["job"]);
  ASSERT_TRUE(comes_true([&] { return job_state(id) != "\"running\""; }));
  const auto job = json(post_get("/admin/jobs/" + id));
  EXPECT_EQ(text_of(job["state"]), "\"done\"");
  EXPECT_THAT(text_of(job["result"]), HasSubstr("generation 2 of 'tally' is live at seq"));
  ASSERT_TRUE(comes_true([&] { return status("tally").record.current == 2; }));
  EXPECT_EQ(post("/admin/projections/tally/rollback").status, 200U);
  ASSERT_TRUE(comes_true([&] { return status("tally").record.current == 1; }));
  EXPECT_THAT(post("/admin/projections/tally/replay?hold=true&collection=app.bsky.feed.post"),
              Refuses(400, "slice"));
}

TEST_F(AdminTest, WhereFilesLieIsForWhoRunsTheEngine) {
  projection::Catalog::Contents contents;
  contents.plugins.push_back({"likes-1.so", "c0ffee", "/srv/likes.so", false, 1, {}});
  contents.refusals.push_back({"dead", "/srv/bad.so", "/srv/bad.so: it crashed", 1});
  EXPECT_THAT(public_plugins_json(contents),
              ::testing::AllOf(HasSubstr("c0ffee"), ::testing::Not(HasSubstr("/srv"))));
  EXPECT_THAT(plugins_json(contents), HasSubstr("/srv/bad.so: it crashed"));
  serve();
  EXPECT_EQ(ask(request("GET", "/plugins")).status, 200U);
  EXPECT_EQ(ask(request("GET", "/admin/plugins")).status, 401U);
  EXPECT_THAT(post_get("/admin/plugins").body, HasSubstr("\"refusals\":[]"));
}

TEST_F(AdminTest, WhatIsMissingInACommandIsNamed) {
  serve();
  EXPECT_THAT(post("/admin/projections/tally/skip"), Refuses(400, "seq is missing"));
  EXPECT_THAT(post("/admin/plugins/load"), Refuses(400, "library is missing"));
  EXPECT_THAT(post("/admin/plugins/load?library=/nowhere/x.so"), Refuses(404, "/nowhere"));
  EXPECT_THAT(post("/admin/plugins/load?library=x&option=limit"), Refuses(400, "NAME=VALUE"));
  EXPECT_THAT(post("/admin/plugins/load?library=x&sha256=12"), Refuses(400, "64 digits"));
  EXPECT_THAT(post("/admin/plugins/load?library=x&isolation=jail"), Refuses(400, "jail"));
  EXPECT_THAT(post("/admin/stop"), Refuses(503, "stopped with the program"));
}

TEST_F(AdminTest, AVerificationIsAJobThatIsRememberedWithItsResult) {
  serve();
  const auto started = post("/admin/projections/tally/verify");
  EXPECT_EQ(started.status, 202U) << started.body;
  const std::string id = text_of(json(started)["job"]);
  ASSERT_TRUE(comes_true([&] { return job_state(id) != "\"running\""; }));
  const auto job = json(post_get("/admin/jobs/" + id));
  EXPECT_EQ(text_of(job["state"]), "\"done\"");
  EXPECT_EQ(text_of(job["what"]), "\"projection verify tally\"");
  EXPECT_THAT(post_get("/admin/jobs").body, HasSubstr("projection verify tally"));
  EXPECT_THAT(post_get("/admin/jobs/99"), Refuses(404, "no job 99"));
}

TEST_F(AdminTest, TheLogIsVerifiedSealedAndRedactedByJobs) {
  serve();
  for (const std::string& what :
       {std::string("verify"), std::string("seal"), "redact?did=" + did_of("alice")}) {
    const auto started = post("/admin/log/" + what);
    ASSERT_EQ(started.status, 202U) << started.body;
    const std::string id = text_of(json(started)["job"]);
    ASSERT_TRUE(comes_true([&] { return job_state(id) != "\"running\""; }));
    EXPECT_EQ(job_state(id), "\"done\"") << post_get("/admin/jobs/" + id).body;
  }
  const std::string erased = get("/log/events/1").body;
  EXPECT_THAT(erased, HasSubstr("\"redacted\""));
  EXPECT_EQ(erased.find("hello"), std::string::npos);
}

TEST_F(AdminTest, AJobIsFollowedToItsEnd) {
  serve();
  std::atomic<bool> go_on{false};
  const auto job = server->jobs().start("test", "a test", [&](Job& one) -> Result<std::string> {
    one.progress("half", 1, 2);
    while (!go_on && !one.cancelled()) std::this_thread::sleep_for(1ms);
    return std::string("came out");
  });
  net::Request asked = request("GET", "/admin/jobs/1/follow");
  asked.local = true;
  const auto heard = begin(asked);
  ASSERT_TRUE(comes_true([&] { return heard->streamed().find("half") != std::string::npos; }));
  go_on = true;
  ASSERT_TRUE(comes_true([&] { return heard->ended(); }));
  EXPECT_THAT(heard->streamed(), HasSubstr("\"result\":\"came out\""));
}

TEST_F(AdminTest, ACancelledJobEndsAndSaysSo) {
  serve();
  const auto job = server->jobs().start("test", "a test", [](Job& one) -> Result<std::string> {
    while (!one.cancelled()) std::this_thread::sleep_for(1ms);
    return Error{Errc::closed, "it was ended early"};
  });
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(post("/admin/jobs/1/cancel").status, 200U);
  ASSERT_TRUE(comes_true([&] { return (*job)->status().state == JobState::cancelled; }));
}

TEST(Jobs, OnlySoManyRunAndOnlySoManyAreRemembered) {
  Jobs jobs({2, 3});
  std::atomic<bool> go_on{false};
  const auto wait = [&](Job& one) -> Result<std::string> {
    while (!go_on && !one.cancelled()) std::this_thread::sleep_for(1ms);
    return std::string();
  };
  ASSERT_TRUE(jobs.start("a", "test", wait).has_value());
  ASSERT_TRUE(jobs.start("b", "test", wait).has_value());
  EXPECT_EQ(jobs.start("c", "test", wait).error().code, Errc::busy);
  go_on = true;
  ASSERT_TRUE(comes_true([&] { return jobs.list().front().state == JobState::done; }));
  for (int at = 0; at < 10; ++at) {
    ASSERT_TRUE(comes_true([&] { return jobs.start("d", "test", wait).has_value(); }));
  }
  ASSERT_TRUE(comes_true([&] {
    const auto list = jobs.list();
    return std::all_of(list.begin(), list.end(),
                       [](const auto& one) { return one.state == JobState::done; });
  }));
  EXPECT_EQ(jobs.list().size(), 3U);
  EXPECT_EQ(jobs.list().back().id, 12U);
}

TEST(Jobs, NoneBeginsOnceAllAreToEnd) {
  Jobs jobs({2, 3});
  jobs.cancel_all();
  const auto late = jobs.start("a", "test", [](Job&) -> Result<std::string> { return ""; });
  EXPECT_EQ(late.error().code, Errc::closed);
}

TEST(Jobs, WhatAJobPrintsIsBounded) {
  Job job(1, "test", "a test");
  for (int at = 0; at < 1000; ++at) job.print(std::string(100, 'x') + "\n");
  job.print("the end");
  EXPECT_EQ(job.status().printed.size(), Job::printed_bytes_max);
  EXPECT_TRUE(job.status().printed.ends_with("the end"));
}

}  // namespace
}  // namespace refold::server
