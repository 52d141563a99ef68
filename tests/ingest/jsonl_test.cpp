#include "core/ingest/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/atproto/json.h"
#include "core/log/limits.h"

namespace refold::ingest {
namespace {

using index::Draft;
using index::DraftBatch;
using log::Kind;
using log::Missing;
using ::testing::HasSubstr;

const std::string cid = "bafyreiegbrm2b4lvd7733xnokfsa5sdmyt3uzfya2qtohva2faf4a7gwua";

/// A line with a commit that has these fields after did and kind.
std::string commit(const std::string& fields) {
  return R"({"did":"did:plc:yxahit24bnhlox3uuugq7d5c","time_us":1795335656161000,"kind":"commit",)"
         R"("commit":{)" +
         fields + "}}";
}

const std::string address =
    R"("rev":"3n2v6o2ngu42y","collection":"app.bsky.graph.follow","rkey":"3n2v6o2mare2y",)";

std::string create_of(const std::string& record) {
  return commit(address + R"("operation":"create","cid":")" + cid + R"(","record":)" + record);
}

class Jsonl : public ::testing::Test {
 protected:
  /// The draft of a line that holds one.
  Draft decoded(const std::string& line) {
    const auto result = decoder_.decode_line(line, batch_);
    EXPECT_TRUE(result.has_value()) << result.error().reason << "\n" << line;
    return batch_.drafts.empty() ? Draft{} : batch_.drafts.back();
  }

  LineError refused(const std::string& line) {
    const std::size_t before = batch_.drafts.size();
    const auto result = decoder_.decode_line(line, batch_);
    EXPECT_TRUE(result.has_error()) << line;
    EXPECT_EQ(batch_.drafts.size(), before);
    return result.has_error() ? result.error() : LineError{};
  }

  JsonlDecoder decoder_;
  DraftBatch batch_;
};

TEST_F(Jsonl, ACreateKeepsItsNamesItsRevAndItsCid) {
  const Draft draft = decoded(create_of(R"({"$type":"app.bsky.graph.follow","n":1})"));
  EXPECT_EQ(draft.kind, Kind::create);
  EXPECT_EQ(draft.did, "did:plc:yxahit24bnhlox3uuugq7d5c");
  EXPECT_EQ(draft.collection, "app.bsky.graph.follow");
  EXPECT_EQ(draft.rkey, "3n2v6o2mare2y");
  EXPECT_EQ(atproto::to_text(draft.rev), "3n2v6o2ngu42y");
  ASSERT_TRUE(draft.cid.has_value());
  EXPECT_EQ(atproto::to_text(*draft.cid), cid);
  EXPECT_EQ(draft.flags, 0);
  EXPECT_FALSE(draft.order.has_value());
}

TEST_F(Jsonl, ALineMayBeAMessageOfEitherVersion) {
  const std::string start =
      R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#)";
  const std::string common =
      R"("seq":9,"did":"did:plc:yxahit24bnhlox3uuugq7d5c","time":"2026-11-22T08:20:49.688000Z")";
  const Draft made = decoded(start + R"(commit",)" + common + R"(,"rev":"3n2v6o2ngu42y",)" +
                             R"("operation":"create","collection":"app.bsky.graph.follow",)" +
                             R"("rkey":"1","cid":")" + cid + R"(","record":{"n":1e999}}})");
  EXPECT_EQ(made.kind, Kind::create);
  EXPECT_EQ(made.missing, Missing::not_data_model) << "a record that cannot be held costs no more";
  EXPECT_EQ(decoder_.time_us(), 1'795'335'649'688'000);
  EXPECT_EQ(decoded(start + R"(account",)" + common + R"(,"active":true}})").kind, Kind::account);
  EXPECT_EQ(refused(start + R"(other",)" + common + "}}").fault, LineFault::unknown_kind);
}

TEST_F(Jsonl, ARecordBecomesCanonicalDagCborWithTheCidOfTheWire) {
  const Draft draft = decoded(
      create_of(R"({"$type":"app.bsky.graph.follow","subject":"did:plc:yxahit24bnhlox3uuugq7d5c",)"
                R"("createdAt":"2026-11-22T08:20:56.099Z"})"));
  EXPECT_EQ(draft.missing, Missing::no);
  EXPECT_EQ(atproto::to_text(atproto::cid_of(draft.record)), cid);
}

TEST_F(Jsonl, TheOrderOfTheFieldsDoesNotMatter) {
  const Draft draft =
      decoded(R"({"kind":"commit","commit":{"cid":")" + cid + R"(","record":{"a":1},)" + address +
              R"("operation":"update"},"did":"did:web:example.com"})");
  EXPECT_EQ(draft.kind, Kind::update);
  EXPECT_EQ(draft.did, "did:web:example.com");
}

TEST_F(Jsonl, FieldsThatNobodyKnowsAreIgnored) {
  EXPECT_EQ(decoded(R"({"cursor":7,)" + create_of(R"({"a":1})").substr(1)).kind, Kind::create);
}

TEST_F(Jsonl, ADeleteNeedsNeitherCidNorRecord) {
  const Draft draft = decoded(commit(address + R"("operation":"delete")"));
  EXPECT_EQ(draft.kind, Kind::remove);
  EXPECT_FALSE(draft.cid.has_value());
  EXPECT_TRUE(draft.record.empty());
  EXPECT_EQ(draft.missing, Missing::no);
}

TEST_F(Jsonl, AnAbsentRecordIsMissingAndItsCidStays) {
  for (const std::string rest : {"", R"(,"record":null)"}) {
    const Draft draft =
        decoded(commit(address + R"("operation":"create","cid":")" + cid + "\"" + rest));
    EXPECT_EQ(draft.missing, Missing::not_sent);
    EXPECT_TRUE(draft.cid.has_value());
  }
}

TEST_F(Jsonl, ARecordThatBreaksTheDataModelIsMissingAndItsCidStays) {
  std::string deep = "1";
  for (int level = 0; level < 300; ++level) deep = "[" + deep + "]";
  std::string deeper = "1";
  for (int level = 0; level < 5000; ++level) deeper = "[" + deeper + "]";
  for (const std::string& record :
       {std::string(R"({"a":1.5})"), std::string(R"({"a":123456789012345678901234567890})"),
        std::string(R"({"a":1e999})"), std::string(R"({"a":"\ud800"})"), std::string(R"("text")"),
        std::string("[]"), std::string("7"), R"({"a":)" + deep + "}", R"({"a":)" + deeper + "}"}) {
    const Draft draft = decoded(create_of(record));
    EXPECT_EQ(draft.missing, Missing::not_data_model) << record.substr(0, 60);
    EXPECT_TRUE(draft.record.empty());
    EXPECT_TRUE(draft.cid.has_value());
  }
}

TEST_F(Jsonl, ABrokenRecordDoesNotSpoilTheNextLine) {
  EXPECT_EQ(decoded(create_of(R"({"a":1e999})")).missing, Missing::not_data_model);
  EXPECT_EQ(decoded(create_of(R"({"a":1})")).missing, Missing::no);
}

TEST_F(Jsonl, ARecordOverOneMebibyteIsTooLargeAndItsCidStays) {
  const std::string text(log::record_bytes_max + 1, 'x');
  const Draft draft = decoded(create_of(R"({"a":")" + text + "\"}"));
  EXPECT_EQ(draft.missing, Missing::too_large);
  EXPECT_TRUE(draft.cid.has_value());
}

TEST_F(Jsonl, AnIdentityHasTheTimeOfItsHost) {
  const Draft draft = decoded(
      R"({"did":"did:plc:abc","time_us":5,"kind":"identity","identity":{"did":"did:plc:abc",)"
      R"("handle":"alice.test","seq":1409752997,"time":"2026-11-22T08:20:49.688Z"}})");
  EXPECT_EQ(draft.kind, Kind::identity);
  EXPECT_EQ(draft.handle, "alice.test");
  EXPECT_EQ(draft.upstream_seq, 1409752997U);
  EXPECT_EQ(draft.upstream_us, 1795335649688000);
}

TEST_F(Jsonl, WithoutATimeOfItsHostTheTimeOfTheStreamCounts) {
  const Draft draft = decoded(
      R"({"did":"did:plc:abc","time_us":5,"kind":"identity","identity":{"time":"yesterday"}})");
  EXPECT_EQ(draft.upstream_us, 5);
  EXPECT_EQ(draft.handle, "");
}

TEST_F(Jsonl, AnAccountHasItsState) {
  const Draft draft =
      decoded(R"({"did":"did:plc:abc","time_us":5,"kind":"account","account":{"active":false,)"
              R"("status":"deleted","seq":9,"time":"2026-11-22T08:20:49.688Z"}})");
  EXPECT_EQ(draft.kind, Kind::account);
  EXPECT_FALSE(draft.active);
  EXPECT_EQ(draft.status, "deleted");
}

TEST_F(Jsonl, WhatIsRefusedSaysWhichFieldAndWhy) {
  const std::string create = create_of(R"({"a":1})");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string line = create;
    return line.replace(line.find(from), from.size(), to);
  };
  const struct {
    std::string line;
    LineFault fault;
    std::string reason;
  } cases[] = {
      {"", LineFault::not_json, "not valid JSON"},
      {"{", LineFault::not_json, "not valid JSON"},
      {"[]", LineFault::not_json, "not a JSON object"},
      {create + "x", LineFault::not_json, "not valid JSON"},
      {create_of(R"({"a":tru})"), LineFault::not_json, "not valid JSON"},
      {create_of("{\"a\":\"\xff\"}"), LineFault::not_json, "not valid JSON"},
      {"{}", LineFault::unknown_kind, "\"kind\" is missing"},
      {with("\"commit\",", "\"sync\","), LineFault::unknown_kind, "sync"},
      {with("\"commit\",", "5,"), LineFault::unknown_kind, "not a text"},
      {with("did:plc:", "plc:"), LineFault::bad_did, "\"did\" is not valid"},
      {with("\"create\"", "\"creat\""), LineFault::bad_operation, "creat"},
      {with("app.bsky", "app..bsky"), LineFault::bad_collection, "\"collection\""},
      {with("3n2v6o2mare2y", "a/b"), LineFault::bad_rkey, "a/b"},
      {with("3n2v6o2ngu42y", "3n2v6o2ngu42Y"), LineFault::bad_rev, "3n2v6o2ngu42Y"},
      {with("3n2v6o2ngu42y", ""), LineFault::bad_rev, "\"rev\""},
      {with("bafyrei", "bafkqai"), LineFault::bad_cid, "bafkqai"},
      {commit(address + R"("operation":"create","record":{})"), LineFault::bad_cid, "\"cid\""},
      {R"({"did":"did:plc:abc","kind":"commit"})", LineFault::bad_field, "\"commit\""},
      {R"({"did":"did:plc:abc","kind":"account","account":{}})", LineFault::bad_field, "active"},
      {R"({"did":"did:plc:abc","kind":"identity","identity":{}})", LineFault::bad_field, "time"},
      {R"({"did":"did:plc:abc","kind":"identity","time_us":1,"identity":{"seq":-1}})",
       LineFault::bad_field, "seq"},
  };
  for (const auto& one : cases) {
    const LineError error = refused(one.line);
    EXPECT_EQ(name(error.fault), name(one.fault)) << one.line;
    EXPECT_THAT(error.reason, HasSubstr(one.reason)) << one.line;
  }
}

TEST_F(Jsonl, AnOverlongStatusIsRefused) {
  const std::string status(log::status_bytes_max + 1, 'x');
  const LineError error = refused(
      R"({"did":"did:plc:abc","time_us":5,"kind":"account","account":{"active":true,"status":")" +
      status + "\"}}");
  EXPECT_EQ(error.fault, LineFault::bad_field);
  EXPECT_THAT(error.reason, HasSubstr("1025 bytes"));
}

TEST_F(Jsonl, AReasonIsPrintableWhateverTheLineHeld) {
  const LineError error = refused(R"({"did":"\u001b[2J\u009b\u202e","kind":"commit"})");
  for (const char character : error.reason) {
    EXPECT_GE(character, 0x20);
    EXPECT_LT(character, 0x7f);
  }
}

TEST_F(Jsonl, ALineOverTheLimitIsRefused) {
  const std::string line = create_of("\"" + std::string(line_bytes_max, 'x') + "\"");
  EXPECT_EQ(refused(line).fault, LineFault::too_long);
}

TEST_F(Jsonl, DraftsStayValidWhileTheBatchGrows) {
  for (int at = 0; at < 5000; ++at) {
    (void)decoded(create_of(R"({"n":)" + std::to_string(at) + "}"));
  }
  ASSERT_EQ(batch_.drafts.size(), 5000U);
  for (int at = 0; at < 5000; ++at) {
    const auto json = atproto::json_from_cbor(batch_.drafts[static_cast<std::size_t>(at)].record);
    EXPECT_EQ(json.value(), R"({"n":)" + std::to_string(at) + "}");
  }
}

}  // namespace
}  // namespace refold::ingest
