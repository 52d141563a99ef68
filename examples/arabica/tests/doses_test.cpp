#include <gtest/gtest.h>

#include "doses/doses-1.hpp"
#include "doses/doses-2.hpp"
#include "world.hpp"

namespace arabica::testing {
namespace {

using std::chrono::days;

Data cup_of(const char* method, int amount) {
  return record(Brew::type, {{"method", method}, {"coffeeAmount", amount}});
}

/// The log begins on the first of January; ten days later, decigrams are written.
constexpr const char* switched = "2026-01-10T00:00:00Z";
const refold::testing::Values in_time = {{"decigrams-since", switched}};

TestLog both_units() {
  TestLog log;
  log.create(alice, Brew::type, "3k1", cup_of("V60", 15))
      .create(bob, Brew::type, "3k1", cup_of("V60", 16));
  log.pass(days(20));
  log.create(carol, Brew::type, "3k1", cup_of("V60", 172))
      .create(carol, Brew::type, "3k2", cup_of("Mokka", 205));
  return log;
}

TEST(Doses, AreInGramsAsLongAsRecordsAre) {
  TestLog log;
  log.create(alice, Brew::type, "3k1", cup_of("V60", 15))
      .create(bob, Brew::type, "3k1", cup_of("V60", 16));
  Fold<grams::Doses> fold;
  fold.apply(log);
  EXPECT_EQ(fold.query("methods"), R"([{"method":"V60","brews":2,"grams":15.5}])");
}

TEST(Doses, OfTwoUnitsAreWrongInVersionOneAndRightInVersionTwo) {
  Fold<grams::Doses> one;
  one.apply(both_units());
  EXPECT_EQ(one.query("methods"), R"([{"method":"Mokka","brews":1,"grams":205},)"
                                  R"({"method":"V60","brews":3,"grams":67.7}])");
  Fold<decigrams::Doses> two(in_time);
  two.apply(both_units());
  EXPECT_EQ(two.query("methods"), R"([{"method":"Mokka","brews":1,"grams":20.5},)"
                                  R"({"method":"V60","brews":3,"grams":16.1}])");
}

TEST(Doses, ARecordOfOneUnitReplacedByOneOfTheOtherIsTakenBackInItsOwn) {
  TestLog log = both_units();
  log.update(alice, Brew::type, "3k1", cup_of("V60", 154)).remove(bob, Brew::type, "3k1");
  log.remove(carol, Brew::type, "3k2");
  Fold<decigrams::Doses> fold(in_time);
  fold.apply(log);
  EXPECT_EQ(fold.query("methods"), R"([{"method":"V60","brews":2,"grams":16.3}])");
}

TEST(Doses, VersionTwoMustBeToldSinceWhen) {
  EXPECT_THROW(Fold<decigrams::Doses>(), std::invalid_argument);
}

TEST(Doses, AmountsThatAreNoneDoNotCount) {
  TestLog log;
  log.create(alice, Brew::type, "3k1", cup_of("V60", 0))
      .create(alice, Brew::type, "3k2", cup_of("V60", -5));
  log.create(alice, Brew::type, "3k3", cup_of("V60", 2'000'000'000));
  Fold<grams::Doses> one;
  Fold<decigrams::Doses> two(in_time);
  one.apply(log);
  two.apply(log);
  EXPECT_EQ(one.query("methods"), "[]");
  EXPECT_EQ(two.query("methods"), "[]");
}

/// How much, and which event of the log said so: its commit time tells the unit.
struct DoseRecord {
  int amount = 0;
  std::size_t event = 0;
};

TEST(Doses, HaveTheAmountsOfTheRecordsThatAreLeft) {
  const std::string since = "2026-01-01T00:08:20Z";
  const refold::testing::Values options = {{"decigrams-since", since}};
  History<DoseRecord> history(1);
  for (int i = 0; i < 1000; ++i) {
    const std::string uri = history.any(Brew::type);
    const int amount = static_cast<int>(history.below(300)) + 1;
    if (history.below(3) == 0) {
      history.remove(uri);
    } else {
      history.put(uri, cup_of("V60", amount), {amount, history.log().size()});
    }
  }
  std::int64_t as_grams = 0;
  std::int64_t decigrams = 0;
  for (const auto& [uri, fact] : history.facts()) {
    const Time commit{std::chrono::microseconds(history.log()[fact.event].commit_us)};
    as_grams += fact.amount;
    decigrams += commit < refold::parse_time(since) ? fact.amount * 10 : fact.amount;
  }
  ASSERT_FALSE(history.facts().empty());
  Fold<grams::Doses> one;
  Fold<decigrams::Doses> two(options);
  one.apply(history.log());
  two.apply(history.log());
  EXPECT_EQ(one->doses.get("V60")->grams, as_grams);
  EXPECT_EQ(two->doses.get("V60")->decigrams, decigrams);
  EXPECT_EQ(two->doses.get("V60")->brews, history.facts().size());
  EXPECT_EQ(rows(two->cups).size(), history.facts().size());
}

TEST(Doses, AreFolds) {
  const std::vector<refold::testing::Sample> samples = {cup_of("V60", 15), cup_of("V60", 160),
                                                        cup_of("Mokka", 20)};
  const auto one = conformance<grams::Doses>(samples);
  EXPECT_TRUE(one) << one.text;
  const auto two =
      conformance<decigrams::Doses>(samples, {{"decigrams-since", "2026-01-01T00:05:00Z"}});
  EXPECT_TRUE(two) << two.text;
}

}  // namespace
}  // namespace arabica::testing
