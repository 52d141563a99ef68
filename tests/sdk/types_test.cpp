#include <gtest/gtest.h>

#include <random>
#include <refold/types.hpp>

#include "core/atproto/cid.h"
#include "core/atproto/datetime.h"
#include "core/atproto/syntax.h"
#include "core/atproto/tid.h"
#include "core/atproto/utf8.h"
#include "core/base/bytes.h"

namespace refold {
namespace {

/// Texts near the edge of a syntax: valid ones, with a character changed, put in or taken out.
std::vector<std::string> near(const std::vector<std::string>& valid, std::uint64_t seed) {
  constexpr std::string_view characters = "aZ09.:-_~/%#?@ \n\xc3";
  std::mt19937_64 random(seed);
  const auto below = [&random](std::size_t bound) {
    return static_cast<std::size_t>(random() % bound);
  };
  std::vector<std::string> texts = valid;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = valid[below(valid.size())];
    for (std::size_t edits = below(3) + 1; edits > 0; --edits) {
      const std::size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0: text.insert(at, 1, characters[below(characters.size())]); break;
        case 1: text.erase(at, 1); break;
        case 2: text = text.substr(0, at); break;
        default:
          if (at < text.size()) text[at] = characters[below(characters.size())];
      }
    }
    texts.push_back(text);
  }
  texts.emplace_back();
  return texts;
}

TEST(Types, NamesAreWhatTheEngineTakesForThem) {
  const std::vector<std::string> dids = {"did:plc:z72i7hdynmk6r22z27h6tvur", "did:web:a.example",
                                         "did:a:b%C3", "did:a:" + std::string(2042, 'x'),
                                         "did:a:" + std::string(2043, 'x')};
  const std::vector<std::string> nsids = {"app.bsky.feed.like",
                                          "a.b.c",
                                          "a-b.c9.dE",
                                          std::string(63, 'a') + ".b.c",
                                          std::string(64, 'a') + ".b.c",
                                          "a.b." + std::string(64, 'c')};
  const std::vector<std::string> rkeys = {
      "self", "3k2a", "a:b_c~d.e-f",         ".",
      "..",   "...",  std::string(512, 'a'), std::string(513, 'a')};
  const std::vector<std::string> handles = {"alice.example.com", "a.co", "8.cn", "xn--ls8h.test",
                                            std::string(63, 'a') + ".com"};
  const std::vector<std::string> uris = {"at://did:plc:abc/app.bsky.feed.post/3k2a",
                                         "at://alice.example.com", "at://did:web:a.example/a.b.c",
                                         "at://did:plc:a/a.b.c/" + std::string(512, 'a')};
  for (const auto& text : near(dids, 1))
    EXPECT_EQ(Did::valid(text), atproto::valid_did(text)) << text;
  for (const auto& text : near(nsids, 2)) {
    EXPECT_EQ(Nsid::valid(text), atproto::valid_nsid(text)) << text;
  }
  for (const auto& text : near(rkeys, 3)) {
    EXPECT_EQ(RecordKey::valid(text), atproto::valid_record_key(text)) << text;
  }
  for (const auto& text : near(handles, 4)) {
    EXPECT_EQ(Handle::valid(text), atproto::valid_handle(text)) << text;
  }
  for (const auto& text : near(uris, 5)) {
    EXPECT_EQ(AtUri::valid(text), atproto::valid_at_uri(text)) << text;
  }
}

TEST(Types, ANameThatIsNoneIsRefusedWithItsText) {
  EXPECT_FALSE(Did::parse("alice"));
  EXPECT_EQ(Did::parse("did:plc:a")->text(), "did:plc:a");
  try {
    Nsid nsid(std::string("no nsid"));
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "'no nsid' is no NSID");
  }
}

TEST(Types, NamesCompareAsTexts) {
  const Did did(std::string("did:plc:a"));
  EXPECT_TRUE(did == "did:plc:a");
  EXPECT_TRUE(std::string_view("did:plc:a") == did);
  EXPECT_TRUE(did == Did(did));
  EXPECT_LT(did, Did(std::string("did:plc:b")));
}

TEST(Types, AnAtUriHasParts) {
  const AtUri record = AtUri::of("did:plc:a", "app.bsky.feed.post", "3k");
  EXPECT_EQ(record.text(), "at://did:plc:a/app.bsky.feed.post/3k");
  EXPECT_EQ(record.authority(), "did:plc:a");
  EXPECT_EQ(record.collection(), "app.bsky.feed.post");
  EXPECT_EQ(record.rkey(), "3k");
  const AtUri account(std::string("at://alice.example.com"));
  EXPECT_EQ(account.authority(), "alice.example.com");
  EXPECT_EQ(account.collection(), "");
  EXPECT_EQ(AtUri().rkey(), "");
}

TEST(Types, TidsAreWhatTheEngineTakesForThem) {
  for (const auto& text :
       near({"3jzfcijpj2z2a", "2222222222222", "bzzzzzzzzzzzz", "c222222222222"}, 6)) {
    const auto ours = Tid::parse(text);
    const auto theirs = atproto::parse_tid(text);
    ASSERT_EQ(ours.has_value(), theirs.has_value()) << text;
    if (!ours) continue;
    EXPECT_EQ(ours->value, theirs->value);
    EXPECT_EQ(ours->text(), text);
    EXPECT_EQ(ours->clock_id(), theirs->clock_id());
    EXPECT_EQ(ours->time().time_since_epoch().count(), static_cast<std::int64_t>(theirs->micros()));
  }
}

TEST(Types, CidsAreWhatTheEngineTakesForThem) {
  const std::vector<std::string> valid = {
      "bafyreihffx5a2e7k5uwrmmgofbvzujc5cmw5h4espouwuxt3liqoflx3ee",
      "bafkreihffx5a2e7k5uwrmmgofbvzujc5cmw5h4espouwuxt3liqoflx3ee",
      "bafybeihffx5a2e7k5uwrmmgofbvzujc5cmw5h4espouwuxt3liqoflx3ee"};
  for (const auto& text : near(valid, 7)) {
    const auto ours = Cid::parse(text);
    atproto::Cid theirs;
    ASSERT_EQ(ours.has_value(), atproto::read_text(text, theirs)) << text;
    if (!ours) continue;
    EXPECT_EQ(ours->bytes, atproto::to_bytes(theirs));
    EXPECT_EQ(ours->text(), text);
    EXPECT_EQ(Cid::from_bytes(ours->bytes), ours);
  }
  for (const char last : std::string_view("abcdefghijklmnopqrstuvwxyz234567")) {
    const std::string text = valid[0].substr(0, 58) + last;
    atproto::Cid theirs;
    EXPECT_EQ(Cid::parse(text).has_value(), atproto::read_text(text, theirs)) << text;
  }
  EXPECT_TRUE(Cid::parse(valid[1])->raw());
  EXPECT_FALSE(Cid::parse(valid[0])->raw());
  EXPECT_FALSE(Cid::from_bytes(Bytes(36)));
}

TEST(Types, DatetimesAreWhatTheEngineTakesForThem) {
  const std::vector<std::string> valid = {
      "2026-01-31T12:00:00Z",           "2026-01-31T12:00:00-00:00",
      "1985-04-12T23:20:50.123456789Z", "2024-02-29T23:59:59.5+14:00",
      "0000-01-01T00:00:00Z",           "9999-12-31T23:59:59.999999Z",
      "2023-02-29T00:00:00Z",           "2026-01-31T12:00:00.123-07:30",
      "0000-01-01T00:00:00+01:00"};
  for (const auto& text : near(valid, 8)) {
    const auto ours = parse_time(text);
    const auto theirs = atproto::parse_datetime(text);
    ASSERT_EQ(ours.has_value(), theirs.has_value()) << text;
    if (!ours) continue;
    EXPECT_EQ(ours->time_since_epoch().count(), *theirs) << text;
  }
}

TEST(Types, TextIsUtf8WhereTheEngineSaysSo) {
  std::mt19937_64 random(10);
  constexpr std::string_view bytes =
      "a\x7f\x80\x8f\x90\x9f\xa0\xbf\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\xf5";
  int valid = 0;
  for (int i = 0; i < 300'000; ++i) {
    std::string text(random() % 12, 'a');
    for (std::size_t from = random() % 9; from < text.size(); ++from) {
      text[from] = bytes[random() % bytes.size()];
    }
    ASSERT_EQ(detail::valid_utf8(text), atproto::valid_utf8(text)) << hex(bytes_of(text));
    valid += detail::valid_utf8(text) ? 1 : 0;
  }
  EXPECT_GT(valid, 1000);
}

TEST(Types, ATimeIsWrittenSoThatItReadsBack) {
  EXPECT_EQ(to_text(Time(std::chrono::microseconds(1'767'225'600'000'001))),
            "2026-01-01T00:00:00.000001Z");
  EXPECT_EQ(to_text(Time(std::chrono::microseconds(-1))), "1969-12-31T23:59:59.999999Z");
  std::mt19937_64 random(9);
  for (int i = 0; i < 10'000; ++i) {
    std::uniform_int_distribution<std::int64_t> micros(atproto::datetime_micros_min,
                                                       atproto::datetime_micros_max);
    const Time time(std::chrono::microseconds(micros(random)));
    ASSERT_EQ(parse_time(to_text(time)), time);
  }
  const Time far(std::chrono::microseconds(atproto::datetime_micros_max + 1));
  EXPECT_EQ(to_text(far), "253402300800000000");
}

}  // namespace
}  // namespace refold
