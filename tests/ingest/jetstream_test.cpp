#include "core/ingest/jetstream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/atproto/json.h"
#include "core/ingest/jsonl.h"
#include "core/ingest/source_options.h"
#include "tests/ingest/packed.h"
#include "tests/support/test_data.h"

namespace refold::ingest {
namespace {

using log::Kind;
using refold::testing::packed_with;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string record = R"({"$type":"app.bsky.feed.post","text":"hello"})";

std::string record_cid() {
  return to_text(atproto::cid_of(atproto::cbor_from_json(record).value()));
}
std::string commit_fields(const std::string& collection) {
  return R"("rev":"3n2v6o2ngu42y","operation":"create","collection":")" + collection +
         R"(","rkey":"1","record":)" + record + R"(,"cid":")" + record_cid() + "\"";
}
std::string line(std::int64_t time_us, const std::string& collection = "app.bsky.feed.post") {
  return R"({"did":"did:plc:abc","time_us":)" + std::to_string(time_us) +
         R"(,"kind":"commit","commit":{)" + commit_fields(collection) + "}}";
}
std::string event(const std::string& type, std::uint64_t seq, const std::string& fields) {
  return R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#)" +
         type + R"(","seq":)" + std::to_string(seq) +
         R"(,"did":"did:plc:abc","time":"2026-11-22T08:20:49.688000Z")" +
         (fields.empty() ? "" : "," + fields) + "}}";
}

struct Jetstream : ::testing::Test {
  index::DraftBatch batch;
  Scope scope;

  std::unique_ptr<JetstreamDecoder> decoder(JetstreamVersion version,
                                            const std::string& dictionary = "") {
    DecoderOptions options;
    options.scope = &scope;
    options.flags = log::flag::live;
    options.cursor_name = "jetstream";
    return std::move(
        JetstreamDecoder::make(version, bytes_of(dictionary), std::move(options)).value());
  }
};

TEST_F(Jetstream, ALineOfV1IsADraftAndMovesTheCursor) {
  const auto v1 = decoder(JetstreamVersion::v1);
  EXPECT_EQ(v1->decode(bytes_of(line(7'000)), batch).kind, Verdict::Kind::taken);
  ASSERT_EQ(batch.drafts.size(), 1U);
  EXPECT_EQ(batch.drafts[0].flags, log::flag::live);
  EXPECT_EQ(to_text(*batch.drafts[0].cid), record_cid());
  v1->finish(batch);
  ASSERT_EQ(batch.extras.cursors.size(), 1U);
  EXPECT_EQ(batch.extras.cursors[0].value, "7000");
}

TEST_F(Jetstream, ABadLineIsDroppedAndTheCursorMovesOn) {
  const auto v1 = decoder(JetstreamVersion::v1);
  EXPECT_EQ(v1->decode(bytes_of(R"({"did":"no","time_us":9,"kind":"commit"})"), batch).kind,
            Verdict::Kind::taken);
  EXPECT_EQ(v1->decode(bytes_of("{"), batch).kind, Verdict::Kind::taken);
  EXPECT_THAT(batch.drafts, IsEmpty());
  EXPECT_EQ(v1->drops()[Drop::bad_did], 1U);
  EXPECT_EQ(v1->drops()[Drop::not_json], 1U);
  EXPECT_EQ(v1->cursor(), 9U);
}

TEST_F(Jetstream, MessagesPackedWithTheServersDictionaryAreUnpacked) {
  const auto file = refold::testing::data_folder() / "jetstream/legacy_subscribe.zdict";
  REFOLD_NEEDS_DATA(file);
  const std::string dictionary = refold::testing::read_file(file);
  const auto v1 = decoder(JetstreamVersion::v1, dictionary);
  EXPECT_EQ(v1->decode(packed_with(dictionary, line(5)), batch).kind, Verdict::Kind::taken);
  EXPECT_EQ(batch.drafts.size(), 1U);
  // Text may come in between.
  EXPECT_EQ(v1->decode(bytes_of(line(6)), batch).kind, Verdict::Kind::taken);
  EXPECT_EQ(batch.drafts.size(), 2U);
  const auto other = decoder(JetstreamVersion::v1);
  EXPECT_EQ(other->decode(packed_with(dictionary, line(5)), batch).kind, Verdict::Kind::broken);
}

TEST_F(Jetstream, MessagesOfV2ArePackedWithTheirOwnDictionary) {
  const auto file = refold::testing::data_folder() / "jetstream/subscribe_events_20260811.zdict";
  REFOLD_NEEDS_DATA(file);
  const std::string dictionary = refold::testing::read_file(file);
  const auto v2 = decoder(JetstreamVersion::v2, dictionary);
  const std::string message = event("commit", 8, commit_fields("app.bsky.feed.post"));
  EXPECT_EQ(v2->decode(packed_with(dictionary, message), batch).kind, Verdict::Kind::taken);
  EXPECT_EQ(batch.drafts.size(), 1U);
  // The server has to be told which one.
  ASSERT_NE(v2->dictionary_id(), 0U);
  SourceOptions source;
  source.kind = SourceKind::jetstream_v2;
  source.url = "wss://example.com";
  EXPECT_EQ(subscription(source, std::nullopt, v2->dictionary_id()).value().target,
            "/xrpc/network.bsky.jetstream.subscribeEvents?zstdDictionary=" +
                std::to_string(v2->dictionary_id()));
  EXPECT_EQ(decoder(JetstreamVersion::v2)->dictionary_id(), 0U);
}

TEST_F(Jetstream, ABombIsRefusedBeforeItIsUnpacked) {
  const auto v1 = decoder(JetstreamVersion::v1);
  const std::string zeros(std::size_t{64} << 20, '0');
  EXPECT_EQ(v1->decode(packed_with("", zeros), batch).kind, Verdict::Kind::taken) << "and left out";
  EXPECT_EQ(v1->drops()[Drop::too_long], 1U);
}

TEST_F(Jetstream, ADictionaryThatIsNoneIsRefused) {
  EXPECT_TRUE(JetstreamDecoder::make(JetstreamVersion::v1, bytes_of("abc")).has_error());
}

TEST_F(Jetstream, WhatIsOutOfScopeIsTakenBack) {
  scope.set(log::Matcher::make({.collections = {"app.bsky.feed.*"}}).value());
  const auto v1 = decoder(JetstreamVersion::v1);
  EXPECT_EQ(v1->decode(bytes_of(line(1, "social.arabica.alpha.bean")), batch).kind,
            Verdict::Kind::taken);
  EXPECT_THAT(batch.drafts, IsEmpty());
  EXPECT_EQ(v1->decode(bytes_of(line(2)), batch).kind, Verdict::Kind::taken);
  EXPECT_EQ(batch.drafts.size(), 1U);
  EXPECT_EQ(v1->drops()[Drop::out_of_scope], 1U);
}

TEST_F(Jetstream, EveryKindOfV2IsRead) {
  const auto v2 = decoder(JetstreamVersion::v2);
  for (const std::string& message :
       {event("commit", 11, commit_fields("app.bsky.feed.post")),
        event("identity", 12, R"("handle":"alice.test")"),
        event("account", 13, R"("active":false,"status":"deleted")"),
        event("sync", 14, R"("rev":"3n2v6o2ngu42y")"), event("info", 15, R"("name":"x")")}) {
    EXPECT_EQ(v2->decode(bytes_of(message), batch).kind, Verdict::Kind::taken);
  }
  ASSERT_EQ(batch.drafts.size(), 4U);
  EXPECT_EQ(batch.drafts[0].kind, Kind::create);
  EXPECT_EQ(batch.drafts[1].handle, "alice.test");
  EXPECT_EQ(batch.drafts[1].upstream_seq, 12U);
  EXPECT_EQ(batch.drafts[2].status, "deleted");
  EXPECT_EQ(batch.drafts[3].kind, Kind::sync);
  EXPECT_EQ(batch.drafts[3].sync, index::SyncMeans::replaced);
  EXPECT_EQ(v2->cursor(), 15U);
  EXPECT_EQ(v2->upstream_us(), 1'795'335'649'688'000);
  EXPECT_EQ(v2->drops().refused(), 0U);
}

TEST_F(Jetstream, WhatV2CannotReadIsDroppedByReason) {
  const auto v2 = decoder(JetstreamVersion::v2);
  const struct {
    std::string message;
    Drop reason;
  } cases[] = {
      {"{}", Drop::unknown_kind},
      {"[", Drop::not_json},
      {R"({"$type":"message"})", Drop::unknown_kind},
      {event("rebase", 1, ""), Drop::unknown_kind},
      {event("commit", 2, R"("rev":"x")"), Drop::bad_operation},
      {event("sync", 3, R"("rev":"x")"), Drop::bad_rev},
      {event("account", 4, ""), Drop::bad_field},
  };
  for (const auto& one : cases) {
    const std::uint64_t before = v2->drops()[one.reason];
    EXPECT_EQ(v2->decode(bytes_of(one.message), batch).kind, Verdict::Kind::taken);
    EXPECT_EQ(v2->drops()[one.reason], before + 1) << one.message;
  }
  EXPECT_THAT(batch.drafts, IsEmpty());
}

TEST_F(Jetstream, AnErrorIsTheServersWord) {
  const auto v2 = decoder(JetstreamVersion::v2);
  const Verdict verdict = v2->decode(
      bytes_of(R"({"$type":"error","error":"ConsumerTooSlow","message":"bye\u001b"})"), batch);
  EXPECT_EQ(verdict.kind, Verdict::Kind::refused);
  EXPECT_EQ(verdict.code, "ConsumerTooSlow");
  EXPECT_EQ(verdict.message, "bye_");
}

}  // namespace
}  // namespace refold::ingest
