#include "core/index/rules.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>

#include "core/index/dense_map.h"
#include "core/index/keys.h"
#include "core/index/payload.h"
#include "core/index/rows.h"
#include "tests/support/drafts.h"

namespace refold::index {
namespace {

using namespace refold::testing;
using log::Kind;
using log::Missing;

std::optional<Head> head_at(std::uint64_t revision, std::uint16_t order = 0,
                            Kind kind = Kind::create) {
  Head head;
  head.seq = 1;
  head.rev = rev(revision);
  head.order = order;
  head.kind = kind;
  if (kind != Kind::remove) head.cid = create("alice", "1", revision, "a").draft.cid;
  return head;
}

Draft draft(const TestDraft& made) { return made.draft; }

TEST(Rules, ALaterRevIsNewerAndAnEarlierOneIsNot) {
  EXPECT_EQ(compare(draft(create("alice", "1", 5, "b")), std::nullopt), Standing::newer);
  EXPECT_EQ(compare(draft(create("alice", "1", 5, "b")), head_at(4)), Standing::newer);
  EXPECT_EQ(compare(draft(create("alice", "1", 5, "b")), head_at(5)), Standing::earlier);
  EXPECT_EQ(compare(draft(create("alice", "1", 5, "b")), head_at(6)), Standing::earlier);
}

TEST(Rules, TheHeadIsRecognisedByRevActionAndCid) {
  EXPECT_EQ(compare(draft(create("alice", "1", 5, "a")), head_at(5)), Standing::is_head);
  EXPECT_EQ(compare(draft(update("alice", "1", 5, "a")), head_at(5)), Standing::earlier);
  EXPECT_EQ(compare(draft(remove("alice", "1", 5)), head_at(5)), Standing::earlier);
  EXPECT_EQ(compare(draft(remove("alice", "1", 5)), head_at(5, 0, Kind::remove)),
            Standing::is_head);
}

TEST(Rules, WithinARevTheOrderDecidesWhereTheSourceTellsIt) {
  const TestDraft made = update("alice", "1", 5, "b");
  EXPECT_TRUE(goes_on(draft(made), *head_at(5, 3)));
  EXPECT_TRUE(goes_on(draft(made.at(3)), *head_at(5, 3)));
  EXPECT_TRUE(goes_on(draft(made.at(4)), *head_at(5, 3)));
  EXPECT_FALSE(goes_on(draft(made.at(2)), *head_at(5, 3)));
  EXPECT_FALSE(goes_on(draft(made), *head_at(6)));
}

TEST(Rules, TheOrderGrowsWithinARevAndStartsAnewWithTheNext) {
  const TestDraft made = update("alice", "1", 5, "b");
  EXPECT_EQ(next_order(draft(made), std::nullopt), 0U);
  EXPECT_EQ(next_order(draft(made), head_at(4, 7)), 0U);
  EXPECT_EQ(next_order(draft(made), head_at(5, 7)), 8U);
  EXPECT_EQ(next_order(draft(made.at(9)), head_at(5, 7)), 9U);
  EXPECT_EQ(next_order(draft(made.at(7)), head_at(5, 7)), 8U);
}

TEST(Rules, WhenNoOrderIsLeftInARevNothingFollows) {
  constexpr std::uint16_t most = std::numeric_limits<std::uint16_t>::max();
  EXPECT_FALSE(goes_on(draft(update("alice", "1", 5, "b")), *head_at(5, most)));
  EXPECT_EQ(next_order(draft(remove("alice", "1", 5)), head_at(5, most)), most);
}

TEST(Rules, APayloadIsKeptOnlyIfItIsTheOneNamedAndOfTheDataModel) {
  const Bytes record = record_of(post, "a");
  EXPECT_EQ(check_payload(record, atproto::cid_of(record)), Missing::no);
  EXPECT_EQ(check_payload(record, atproto::cid_of(record_of(post, "b"))), Missing::cid_mismatch);
  atproto::Cid raw = atproto::cid_of(record);
  raw.codec = atproto::Cid::Codec::raw;
  EXPECT_EQ(check_payload(record, raw), Missing::cid_mismatch);
  EXPECT_EQ(check_payload({}, atproto::cid_of(record)), Missing::not_sent);
  Bytes trailing = record;
  trailing.push_back(0xf6);
  EXPECT_EQ(check_payload(trailing, atproto::cid_of(trailing)), Missing::not_data_model);
  const Bytes with_float{0xa1, 0x61, 'x', 0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(check_payload(with_float, atproto::cid_of(with_float)), Missing::not_data_model);
}

TEST(Keys, RecordsOfARepoAreNeighboursAndNamesDoNotRunTogether) {
  const RecordKey one = record_key("did:plc:a", post, "1");
  EXPECT_TRUE(in_repo(one.data(), repo_key("did:plc:a")));
  EXPECT_FALSE(in_repo(one.data(), repo_key("did:plc:b")));
  EXPECT_NE(one, record_key("did:plc:a", post, "2"));
  EXPECT_NE(record_key("did:plc:a", "com.example.ab", "c"),
            record_key("did:plc:a", "com.example.a", "bc"));
}

TEST(Keys, AVersionIsItsRecordRevActionAndCid) {
  const RecordKey one = record_key("did:plc:a", post, "1");
  const atproto::Cid a = atproto::cid_of(record_of(post, "a"));
  const atproto::Cid b = atproto::cid_of(record_of(post, "b"));
  const VersionKey key = version_key(one, rev(1), Kind::create, &a);
  EXPECT_EQ(key, version_key(one, rev(1), Kind::create, &a));
  EXPECT_NE(key, version_key(one, rev(2), Kind::create, &a));
  EXPECT_NE(key, version_key(one, rev(1), Kind::update, &a));
  EXPECT_NE(key, version_key(one, rev(1), Kind::create, &b));
  EXPECT_NE(key, version_key(record_key("did:plc:a", post, "2"), rev(1), Kind::create, &a));
  EXPECT_NE(key, completed_key(key, 1));
  EXPECT_NE(completed_key(key, 2), completed_key(key, 1));
}

TEST(Keys, ADidIsCheckedAndRememberedUntilAnotherTakesItsPlace) {
  RepoKeyCache cache;
  EXPECT_EQ(cache.find("alice"), nullptr);
  EXPECT_EQ(cache.find(""), nullptr);
  const std::string longest = "did:web:" + std::string(2'000, 'x');
  EXPECT_EQ(*cache.find(longest), repo_key(longest));
  for (int round = 0; round < 2; ++round) {
    for (int number = 0; number < 20'000; ++number) {
      const std::string did = "did:plc:" + std::to_string(number);
      ASSERT_EQ(*cache.find(did), repo_key(did));
    }
  }
}

TEST(Rows, ComeBackAsTheyWere) {
  const RecordKey key = record_key("did:plc:a", post, "1");
  Head head = *head_at(5, 7);
  head.missing = Missing::too_large;
  head.redacted = true;
  Bytes row(head_row_bytes);
  encode_head(key, head, row.data());
  const Head found = decode_head(key, row).value();
  EXPECT_EQ(found.seq, head.seq);
  EXPECT_EQ(found.rev, head.rev);
  EXPECT_EQ(found.order, head.order);
  EXPECT_EQ(found.kind, head.kind);
  EXPECT_EQ(found.missing, head.missing);
  EXPECT_TRUE(found.redacted);
  EXPECT_EQ(found.cid, head.cid);
}

TEST(Rows, EveryFlippedBitAndEveryOtherKeyIsReported) {
  const RecordKey key = record_key("did:plc:a", post, "1");
  Bytes row(head_row_bytes);
  encode_head(key, *head_at(5), row.data());
  for (std::size_t bit = 0; bit < row.size() * 8; ++bit) {
    Bytes flipped = row;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    ASSERT_TRUE(failed(decode_head(key, flipped), Errc::corrupt, "checksum mismatch"));
  }
  EXPECT_TRUE(failed(decode_head(record_key("did:plc:a", post, "2"), row), Errc::corrupt,
                     "refold log reindex"));
  EXPECT_TRUE(failed(decode_head(key, ByteView(row).first(3)), Errc::corrupt, "shorter"));
}

TEST(DenseMap, HoldsWhatAMapHolds) {
  std::mt19937_64 random(1);
  DenseMap<RepoKey, int> dense;
  for (int round = 0; round < 3; ++round) {
    std::map<RepoKey, int> plain;
    for (int number = 0; number < 5'000; ++number) {
      RepoKey key{};
      store_le(key.data() + 8, random() % 3'000);
      EXPECT_EQ(dense.insert(key).second, !plain.contains(key));
      dense.insert(key).first = number;
      plain[key] = number;
    }
    ASSERT_EQ(dense.size(), plain.size());
    for (const auto& [key, number] : plain) ASSERT_EQ(*dense.find(key), number);
    RepoKey absent{};
    absent[0] = 1;
    EXPECT_EQ(dense.find(absent), nullptr);
    dense.clear();
    EXPECT_EQ(dense.find(plain.begin()->first), nullptr);
  }
}

}  // namespace
}  // namespace refold::index
