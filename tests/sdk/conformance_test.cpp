// Projections that break one law each, and that the conformance test tells what it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sdk/likes.h"

namespace refold {
namespace {

using test::Like;
using test::like_of;
using testing::conformance;
using ::testing::HasSubstr;
using testing::Report;

std::vector<testing::Sample> samples() {
  return {like_of(test::first_post), like_of(test::second_post)};
}

TEST(Conformance, AProjectionThatKeepsTheLawsPasses) {
  const Report report = conformance<test::Likes>(samples());
  EXPECT_TRUE(report.ok);
  EXPECT_EQ(report.text, "");
}

struct Base : Projection {
  Table<AtUri, std::int64_t> counts{*this, "counts"};
  void count(const std::optional<Like>& like, std::int64_t by) {
    if (like) counts.update(like->subject.uri, [by](std::int64_t& n) { n += by; });
  }
};

struct ForgetsPrevious : Base {
  static constexpr Manifest manifest{.name = "forgets", .collections = {test::likes}};
  void apply(const RecordChange& change) { count(change.record<Like>(), 1); }
};

TEST(Conformance, OneThatForgetsPreviousIsFound) {
  const Report report = conformance<ForgetsPrevious>(samples());
  EXPECT_FALSE(report.ok);
  EXPECT_THAT(report.text, HasSubstr("after records were added and removed again"));
  EXPECT_THAT(report.text, HasSubstr("table 'counts' has {\"key\":\"at://did:plc:carol/"));
}

struct KeepsState : Base {
  static constexpr Manifest manifest{.name = "keeps-state", .collections = {test::likes}};
  std::int64_t seen = 0;
  void apply(const RecordChange& change) {
    ++seen;
    counts.put("at://seen", seen);
    count(change.previous<Like>(), -1);
    count(change.record<Like>(), 1);
  }
};

TEST(Conformance, OneThatKeepsStateInTheObjectIsFound) {
  const Report report = conformance<KeepsState>(samples());
  EXPECT_THAT(report.text, HasSubstr("with a new instance for each batch of 7"));
  EXPECT_THAT(report.text, HasSubstr("after crashes"));
}

struct NotDeterministic : Base {
  static constexpr Manifest manifest{.name = "random", .collections = {test::likes}};
  void apply(const RecordChange& change) {
    static std::int64_t clock = 0;
    counts.put("at://time", ++clock);
    count(change.previous<Like>(), -1);
    count(change.record<Like>(), 1);
  }
};

TEST(Conformance, OneThatIsNotDeterministicIsFound) {
  EXPECT_THAT(conformance<NotDeterministic>(samples()).text,
              HasSubstr("folded once more from the beginning"));
}

struct Trusting : Base {
  static constexpr Manifest manifest{.name = "trusting", .collections = {test::likes}};
  void apply(const RecordChange& change) {
    if (!change.previous_bytes().empty()) count(change.previous<Like>().value(), -1);
    if (!change.record_bytes().empty()) count(change.record<Like>().value(), 1);
  }
};

TEST(Conformance, OneThatFailsOnADamagedRecordIsFound) {
  const Report report = conformance<Trusting>(samples());
  EXPECT_FALSE(report.ok);
  EXPECT_THAT(report.text, HasSubstr("it failed, in batches of 1024: bad optional access"));
}

struct Overtrusting : Base {
  static constexpr Manifest manifest{.name = "overtrusting", .collections = {test::likes}};
  void apply(const RecordChange& change) {
    const auto record = change.record_value();
    if (record && (*record)["createdAt"]->is_array()) throw std::runtime_error("an array?");
    count(change.previous<Like>(), -1);
    count(change.record<Like>(), 1);
  }
};

TEST(Conformance, OneThatTakesAHostileRecordForGrantedIsFound) {
  EXPECT_THAT(conformance<Overtrusting>(samples()).text, HasSubstr("an array?"));
}

struct Ignores : Base {
  static constexpr Manifest manifest{.name = "ignores", .collections = {"com.example.none"}};
  void apply(const RecordChange& change) { count(change.record<Like>(), 1); }
};

TEST(Conformance, SamplesThatMakeNoRowProveNothing) {
  EXPECT_THAT(conformance<Ignores>(samples()).text, HasSubstr("no sample made a row"));
  EXPECT_THAT(conformance<test::Likes>({}).text, HasSubstr("no sample made a row"));
}

struct History : Base {
  static constexpr Manifest manifest{
      .name = "history", .collections = {test::likes}, .history = true};
  Table<std::uint64_t, std::string> events{*this, "events"};
  void apply(const Event& event) { events.put(event.seq(), std::string(event.did())); }
};

TEST(Conformance, AHistoryNeedNotTakeBack) { EXPECT_EQ(conformance<History>(samples()).text, ""); }

struct UsesAccounts : Base {
  static constexpr Manifest manifest{
      .name = "accounts", .collections = {test::likes}, .account_status = true};
  Option<std::int64_t> weight{*this, {.name = "weight"}};
  Table<Did, bool> last{*this, "last"};
  void apply(const RecordChange& change) {
    if (account(change.did()).active) last.put(change.did(), true);
    count(change.previous<Like>(), -*weight);
    count(change.record<Like>(), *weight);
  }
};

TEST(Conformance, TakesOptionsAndKnowsAccounts) {
  EXPECT_THAT(conformance<UsesAccounts>(samples(), {{"weight", "3"}}).text,
              ::testing::Not(HasSubstr("batches")));
  EXPECT_THROW(static_cast<void>(conformance<UsesAccounts>(samples())), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(conformance<UsesAccounts>(samples(), {{"weight", "x"}})),
               std::invalid_argument);
  EXPECT_THROW(static_cast<void>(conformance<UsesAccounts>(samples(), {{"wait", "1"}})),
               std::invalid_argument);
}

}  // namespace
}  // namespace refold
