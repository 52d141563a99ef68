#include "core/log/codec/shape.h"

#include <gtest/gtest.h>

#include "core/atproto/cbor.h"

namespace refold::log::codec {
namespace {

Bytes like(std::string_view uri =
               "at://did:plc:6jlqryvvk2fvjkmccgifkff5/app.bsky.feed.post/3n2v6o6swg62y") {
  Bytes record;
  atproto::cbor::Writer to(record);
  to.map(3);
  to.key("$type");
  to.text("app.bsky.feed.like");
  to.key("subject");
  to.map(2);
  to.key("cid");
  to.text("bafyreiapzqb6epd6ruutqeqfsowkc3jjk6zgiw5dkynjcosnheas6s6o7e");
  to.key("uri");
  to.text(uri);
  to.key("createdAt");
  to.text("2026-11-22T08:21:01.103Z");
  return record;
}

std::vector<Op> ops_of(ByteView record) {
  Parser parser;
  EXPECT_TRUE(parser.parse(record));
  std::vector<Op> ops;
  for (const Slot& slot : parser.slots()) ops.push_back(slot.op);
  return ops;
}

TEST(Parser, ALikeIsAStrongReferenceAndATime) {
  EXPECT_EQ(ops_of(like()), (std::vector{Op::ref_cid, Op::ref_did, Op::ref_tid,
                                         static_cast<Op>(static_cast<int>(Op::datetime) + 1)}));
}

TEST(Parser, AReferenceToARecordWithoutATidIsACidAndAText) {
  EXPECT_EQ(ops_of(like("at://did:plc:6jlqryvvk2fvjkmccgifkff5/app.bsky.feed.generator/hot")),
            (std::vector{Op::cid_dag_cbor, Op::text,
                         static_cast<Op>(static_cast<int>(Op::datetime) + 1)}));
}

TEST(Parser, TwoLikesHaveOneShape) {
  Parser one;
  Parser other;
  const Bytes first = like();
  const Bytes second =
      like("at://did:plc:uqhcwybhzy3hso24n5p6qbsw/app.bsky.feed.post/3n2v6o7eoxl2y");
  ASSERT_TRUE(one.parse(first) && other.parse(second));
  EXPECT_TRUE(equal(one.key(), other.key()));
}

TEST(Parser, WhatCannotBeWrittenBackHasNoShape) {
  Parser parser;
  EXPECT_FALSE(parser.parse(Bytes{}));
  EXPECT_FALSE(parser.parse(Bytes{0x18, 0x05})) << "5, not in its shortest form";
  EXPECT_FALSE(parser.parse(Bytes{0xfb, 0, 0, 0, 0, 0, 0, 0, 0})) << "a float";
  EXPECT_FALSE(parser.parse(Bytes{0x9f, 0xff})) << "an indefinite array";
  EXPECT_FALSE(parser.parse(Bytes{0x01, 0x02})) << "two values";
  Bytes cut = like();
  cut.pop_back();
  EXPECT_FALSE(parser.parse(cut));
}

TEST(Parser, TooMuchStructureHasNoShape) {
  Parser parser;
  EXPECT_FALSE(parser.parse(Bytes(200, 0x81))) << "arrays in arrays";
  Bytes many{0x98, 120};
  many.resize(2 + 120, 0x01);
  EXPECT_FALSE(parser.parse(many)) << "an array of 120 integers";
}

TEST(Shapes, OnlyWhatAParserMakesIsAdded) {
  const auto added = [](const Bytes& key) { return Shapes().add(key); };
  EXPECT_TRUE(added({0, 2, 0xaa, 0xbb, 1}));
  EXPECT_FALSE(added({0, 9, 0xaa})) << "a literal cut off";
  EXPECT_FALSE(added({17})) << "an unknown op";
  EXPECT_FALSE(added({8})) << "the DID of a reference without its CID";
  EXPECT_FALSE(added({7, 1, 8, 9})) << "a text inside a reference";
  EXPECT_FALSE(added({7, 8})) << "a reference cut off";
  EXPECT_TRUE(added({7, 8, 9}));
}

}  // namespace
}  // namespace refold::log::codec
