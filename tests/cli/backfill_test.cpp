#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "tests/cli/fixture.h"
#include "tests/support/fake_repo_host.h"

namespace refold::cli {
namespace {

using refold::testing::did_of;
using refold::testing::FakeRepoHost;
using refold::testing::repo_car;
using ::testing::HasSubstr;
using ::testing::Not;

class BackfillCommand : public Command {
 protected:
  static void put_repos(FakeRepoHost& host, int count) {
    for (int number = 0; number < count; ++number) {
      const std::string did = did_of("person" + std::to_string(number));
      host.put(did, repo_car(did, 5,
                             {{"app.bsky.feed.post/1", "one"}, {"app.bsky.feed.like/1", "two"}}));
    }
  }
  std::vector<std::string> command(const FakeRepoHost& host, std::vector<std::string> more = {}) {
    std::vector<std::string> all{"backfill", "--host", host.url(), "--private-addresses"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST_F(BackfillCommand, FetchesAHostAndSaysWhatCameOfIt) {
  FakeRepoHost host([](const net::Request& request) -> std::optional<net::Response> {
    if (request.parameter("did").value_or("") != did_of("person1")) return std::nullopt;
    return refold::testing::xrpc_error(400, "RepoDeactivated");
  });
  put_repos(host, 5);
  const Finished text = refold(command(host));
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("repos"));
  EXPECT_THAT(text.out, HasSubstr("Not taken:\n  " + did_of("person1") + "  deactivated: "));
  const Finished json = refold(command(host, {"--json"}));
  EXPECT_EQ(number(json, "repos"), 4U);
  EXPECT_EQ(number(json, "failed"), 1U);
  EXPECT_EQ(number(json, "records"), 8U);
  EXPECT_EQ(number(json, "known"), 8U);
  EXPECT_EQ(number(json, "appended"), 0U);
}

TEST_F(BackfillCommand, ARepoThatAnotherTryMayMendIsStatus3) {
  FakeRepoHost host;
  put_repos(host, 1);
  const Finished finished = refold(command(host, {did_of("person0"), did_of("nobody"), "--json"}));
  EXPECT_EQ(finished.status, 3) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr(R"("reason":"not_found")"));
}

TEST_F(BackfillCommand, AListNamesRepos) {
  FakeRepoHost host;
  put_repos(host, 3);
  const std::string list =
      file("list", "# those\n" + did_of("person0") + " not_found: x\n\n" + did_of("person2"));
  const Finished finished = refold(command(host, {"--list", list, "--json"}));
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_EQ(number(finished, "repos"), 2U);
  const Finished wrong = refold(command(host, {"--list", file("list", "\nalice\n")}));
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, HasSubstr("line 2 of"));
}

TEST_F(BackfillCommand, WhatMakesNoSenseIsSaid) {
  EXPECT_THAT(refold({"backfill"}).err, HasSubstr("name DIDs, a --list of them"));
  EXPECT_EQ(refold({"backfill", "alice"}).status, 2);
  EXPECT_EQ(refold({"backfill", "--collection", "posts"}).status, 2);
  EXPECT_EQ(refold({"backfill", "--parallel", "0"}).status, 2);
  EXPECT_FALSE(std::filesystem::exists(data()));
  FakeRepoHost host;
  EXPECT_THAT(refold(command(host, {"--marked"})).err, HasSubstr("no repo is marked"));
}

TEST_F(BackfillCommand, KilledItGoesOnWhereItWas) {
  constexpr int repos = 60;
  std::atomic<int> answers_left = 0;
  FakeRepoHost host([&](const net::Request& request) -> std::optional<net::Response> {
    // Those that are over the number wait for the end of the process.
    const bool counts = request.path.ends_with("getRepo");
    if (!counts || answers_left-- > 0) return std::nullopt;
    return net::Response{503, "", {{"Retry-After", "600"}}, ""};
  });
  host.page_repos = 10;
  put_repos(host, repos);
  std::multiset<std::string> taken;
  for (const int answers : {7, 25, 3}) {
    answers_left = answers;
    Running running(folder_, with_data(command(host, {"--parallel", "3"})));
    for (int wait = 0; answers_left > -1 && wait < 3'000; ++wait) ::usleep(10'000);
    ASSERT_LT(answers_left, 0);
    running.signal(SIGKILL);
    EXPECT_EQ(running.finish().status, 128 + SIGKILL);
  }
  answers_left = repos * 2;
  const Finished finished = refold(command(host, {"--json"}));
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("goes on with a backfill that was interrupted"));
  EXPECT_EQ(number(finished, "repos"), static_cast<std::uint64_t>(repos));
  EXPECT_GE(number(finished, "before"), 20U);
  // Those that were under way at a kill were fetched again, and no others.
  for (const std::string& did : host.fetched()) taken.insert(did);
  EXPECT_LE(taken.size(), static_cast<std::size_t>(repos) + 3 * 4);
  EXPECT_EQ(std::set<std::string>(taken.begin(), taken.end()).size(),
            static_cast<std::size_t>(repos));
  EXPECT_EQ(number(refold(command(host, {"--json"})), "appended"), 0U);
  EXPECT_EQ(number(log({"stat", "--json"}), "last"), 2U * repos);
}

}  // namespace
}  // namespace refold::cli
