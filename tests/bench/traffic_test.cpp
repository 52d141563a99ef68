#include "tests/bench/traffic.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "core/atproto/cbor.h"
#include "core/atproto/json.h"
#include "core/base/digest.h"
#include "tests/bench/jetstream_json.h"

namespace refold::bench {
namespace {

constexpr std::uint64_t some_events = 30'000;

Sha256Digest digest_of_lines(std::uint64_t seed) {
  Traffic traffic(seed, some_events);
  Operation operation;
  Sha256 hash;
  std::string line;
  while (traffic.next(operation)) {
    line.clear();
    append_jetstream_line(operation, line).value();
    hash.update(bytes_of(line));
  }
  return hash.finish();
}

/// Hands every event of a stream to `check`.
template <class Check>
void for_each(const Check& check, std::uint64_t events = some_events) {
  Traffic traffic(7, events);
  Operation operation;
  while (traffic.next(operation)) check(operation);
}

TEST(Traffic, TheSameSeedMakesTheSameBytes) {
  EXPECT_EQ(digest_of_lines(1), digest_of_lines(1));
  EXPECT_NE(digest_of_lines(1), digest_of_lines(2));
}

TEST(Traffic, MakesAsManyEventsAsItWasAskedFor) {
  std::uint64_t count = 0;
  for_each([&](const Operation&) { ++count; }, 1'234);
  EXPECT_EQ(count, 1'234U);
}

TEST(Traffic, EveryRecordIsCanonicalAndHashesToItsCid) {
  for_each([](const Operation& operation) {
    if (operation.record.empty()) return;
    ASSERT_TRUE(atproto::validate_record(operation.record).has_value());
    ASSERT_EQ(atproto::cid_of(operation.record), operation.cid);
  });
}

TEST(Traffic, TheCidOfALineIsThatOfTheRecordInTheLine) {
  Traffic traffic(3, 2'000);
  Operation operation;
  std::string line;
  while (traffic.next(operation)) {
    line.clear();
    append_jetstream_line(operation, line).value();
    const std::size_t record = line.find("\"record\":");
    if (record == std::string::npos) continue;
    const std::size_t cid = line.rfind(",\"cid\":\"");
    const auto cbor =
        atproto::cbor_from_json(std::string_view(line).substr(record + 9, cid - record - 9));
    ASSERT_TRUE(cbor.has_value()) << cbor.error().message;
    ASSERT_EQ(line.substr(cid + 8, atproto::cid_text_length),
              atproto::to_text(atproto::cid_of(*cbor)));
  }
}

TEST(Traffic, TimeGrowsAndTheRevsOfAnAccountGrow) {
  std::int64_t time_us = 0;
  std::map<std::string, std::uint64_t, std::less<>> revs;
  for_each([&](const Operation& operation) {
    ASSERT_GT(operation.time_us, time_us);
    time_us = operation.time_us;
    if (!log::is_record(operation.kind)) return;
    std::uint64_t& rev = revs[std::string(operation.did)];
    ASSERT_GE(operation.rev.value, rev);  // a post and its gate are one commit
    rev = operation.rev.value;
  });
}

TEST(Traffic, NoKeyIsCreatedTwiceAndDeletesOfTheWindowMeetARecord) {
  std::set<std::string> living;
  std::uint64_t removed = 0;
  std::uint64_t older = 0;
  for_each([&](const Operation& operation) {
    if (!log::is_record(operation.kind) || operation.rkey == "self") return;
    const std::string key = std::string(operation.did) + '/' + std::string(operation.collection) +
                            '/' + std::string(operation.rkey);
    if (operation.kind == log::Kind::create) {
      ASSERT_TRUE(living.insert(key).second) << key;
    } else if (operation.kind == log::Kind::remove) {
      ++(living.erase(key) == 1 ? removed : older);
    }
  });
  EXPECT_GT(removed, 3 * older);
  EXPECT_GT(older, removed / 10);
}

TEST(Traffic, TheRareCollectionsAreExactlyAsRareAsTheySay) {
  std::map<std::string, std::uint64_t, std::less<>> counts;
  for_each([&](const Operation& operation) { ++counts[std::string(operation.collection)]; });
  EXPECT_EQ(counts[std::string(Traffic::rare_collection)], some_events / 1'000);
  EXPECT_EQ(counts[std::string(Traffic::rarest_collection)], some_events / 10'000);
}

TEST(Traffic, HasTheMixOfTheNetwork) {
  std::map<std::string, double, std::less<>> shares;
  for_each([&](const Operation& operation) {
    const std::string name = operation.kind == log::Kind::create
                                 ? std::string(operation.collection)
                                 : std::string(log::name(operation.kind));
    shares[name] += 1.0 / static_cast<double>(some_events);
  });
  EXPECT_NEAR(shares["app.bsky.feed.like"], 0.52, 0.01);
  EXPECT_NEAR(shares["app.bsky.graph.follow"], 0.12, 0.01);
  EXPECT_NEAR(shares["app.bsky.feed.post"], 0.15, 0.01);
  EXPECT_NEAR(shares["app.bsky.feed.repost"], 0.09, 0.01);
  EXPECT_NEAR(shares["delete"], 0.10, 0.01);
  EXPECT_LT(shares["identity"] + shares["account"], 0.01);
  EXPECT_GT(shares["update"], 0.0);
}

}  // namespace
}  // namespace refold::bench
