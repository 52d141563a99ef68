#include "core/atproto/mst.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>

#include "tests/atproto/test_data.h"
#include "tests/support/repo_builder.h"

namespace refold::atproto {
namespace {

using testing::add_tree;
using testing::BuiltNode;
using testing::CarBuilder;
using ::testing::HasSubstr;
using testing::RepoKeys;

const std::filesystem::path interop = test::data_folder() / "atproto-interop";

Cid cid_of_text(std::string_view text) { return cid_of(bytes_of(text)); }

struct Mst : ::testing::Test {
  CarBuilder car;
  BlockStore store;
  Bytes archive;

  Result<RepoKeys> walk(const Cid& root) {
    archive = car.car(root);
    EXPECT_TRUE(read_car(archive, store).has_value());
    RepoKeys found;
    std::string last;
    auto walked = walk_mst(root, store, [&](std::string_view key, const Cid& cid) -> Result<void> {
      EXPECT_LT(last, key);
      last = key;
      found.emplace(key, cid);
      return ok();
    });
    if (walked.has_error()) return walked.error();
    return found;
  }
  std::string refused(const BuiltNode& node) {
    const auto walked = walk(car.add(node.block()));
    EXPECT_TRUE(walked.has_error());
    return walked.has_error() ? walked.error().message : "";
  }
  /// Some key of a layer, `number` of them apart.
  static std::string key_of_layer(unsigned layer, int number = 0) {
    for (int at = 0;; ++at) {
      std::string key = "com.example.record/" + std::to_string(1'000'000 + at);
      if (mst_layer(key) == layer && number-- == 0) return key;
    }
  }
  static BuiltNode::Entry entry(const std::string& key) {
    return {0, key, cid_of_text(key), std::nullopt};
  }
};

TEST_F(Mst, LayersOfKeysAreThoseOfTheVectors) {
  REFOLD_NEEDS_DATA(interop);
  simdjson::dom::parser parser;
  int count = 0;
  for (const auto one : parser.load((interop / "mst/key_heights.json").string()).get_array()) {
    EXPECT_EQ(mst_layer(std::string_view(one["key"])), std::uint64_t(one["height"]));
    ++count;
  }
  EXPECT_GE(count, 9);
}

TEST_F(Mst, CommonPrefixesAreThoseOfTheVectors) {
  REFOLD_NEEDS_DATA(interop);
  simdjson::dom::parser parser;
  for (const auto one : parser.load((interop / "mst/common_prefix.json").string()).get_array()) {
    EXPECT_EQ(common_prefix(std::string_view(one["left"]), std::string_view(one["right"])),
              std::uint64_t(one["len"]));
  }
}

TEST_F(Mst, TreesOfTheProofVectorsHaveTheirRootsAndTheirKeys) {
  REFOLD_NEEDS_DATA(interop);
  simdjson::dom::parser parser;
  const auto file = interop / "firehose/commit-proof-fixtures.json";
  int count = 0;
  for (const auto one : parser.load(file.string()).get_array()) {
    const Cid value = parse_cid(std::string_view(one["leafValue"])).value();
    RepoKeys keys;
    for (const std::string_view key : one["keys"].get_array()) keys.emplace(key, value);
    EXPECT_EQ(to_text(add_tree(keys, car)), std::string_view(one["rootBeforeCommit"]));
    for (const std::string_view key : one["adds"].get_array()) keys.emplace(key, value);
    for (const std::string_view key : one["dels"].get_array()) keys.erase(std::string(key));
    const Cid root = add_tree(keys, car);
    EXPECT_EQ(to_text(root), std::string_view(one["rootAfterCommit"]));
    EXPECT_EQ(walk(root).value(), keys);
    ++count;
  }
  EXPECT_GE(count, 6);
}

TEST_F(Mst, AnyTreeIsWalkedInKeyOrder) {
  std::mt19937_64 random(7);  // NOLINT: the same every time
  for (const std::size_t size : {0U, 1U, 2U, 20U, 700U}) {
    RepoKeys keys;
    while (keys.size() < size) {
      const std::string key = "com.example.r" + std::to_string(random() % 3) + "/" +
                              std::to_string(random() % 1'000'000);
      keys.emplace(key, cid_of_text(key));
    }
    EXPECT_EQ(walk(add_tree(keys, car)).value(), keys) << size;
  }
}

TEST_F(Mst, AMissingNodeIsNamed) {
  BuiltNode root;
  root.entries.push_back(entry(key_of_layer(1)));
  root.left = cid_of_text("not there");
  EXPECT_THAT(refused(root), HasSubstr(to_text(*root.left) + " of the tree is not in the CAR"));
}

TEST_F(Mst, WhatIsNotTheOneTreeOfItsKeysIsRefused) {
  BuiltNode node;
  node.entries = {entry(key_of_layer(0, 1)), entry(key_of_layer(0, 0))};
  node.entries[1].prefix = common_prefix(node.entries[0].suffix, node.entries[1].suffix);
  node.entries[1].suffix = node.entries[1].suffix.substr(node.entries[1].prefix);
  EXPECT_THAT(refused(node), HasSubstr("not after the one before"));

  node.entries = {entry(key_of_layer(0, 0)), entry(key_of_layer(0, 1))};
  EXPECT_THAT(refused(node), HasSubstr("shorter than it could be"));

  node.entries = {entry(key_of_layer(0))};
  node.entries[0].prefix = 3;
  EXPECT_THAT(refused(node), HasSubstr("prefix"));

  node.entries = {entry(key_of_layer(0, 0))};
  BuiltNode::Entry other = entry(key_of_layer(1, 200));
  other.prefix = common_prefix(node.entries[0].suffix, other.suffix);
  other.suffix = other.suffix.substr(other.prefix);
  node.entries.push_back(other);
  EXPECT_THAT(refused(node), HasSubstr("another layer"));

  node.entries = {entry("no-slash")};
  EXPECT_THAT(refused(node), HasSubstr("collection/rkey"));
}

TEST_F(Mst, EmptyNodesAreOnlyWhereTheyLeadSomewhere) {
  const Cid empty = car.add(BuiltNode{}.block());
  BuiltNode top;
  top.left = empty;
  EXPECT_THAT(refused(top), HasSubstr("the root has no key"));
  top.entries = {entry(key_of_layer(2))};
  EXPECT_THAT(refused(top), HasSubstr("it is empty"));
  top.entries = {entry(key_of_layer(0))};
  EXPECT_THAT(refused(top), HasSubstr("below the lowest layer"));
}

TEST_F(Mst, ATreeInACircleEnds) {
  // Its own CID cannot be inside a block: the nearest is a node that is named again and again.
  BuiltNode bottom;
  bottom.entries = {entry(key_of_layer(0))};
  const Cid again = car.add(bottom.block());
  BuiltNode top;
  top.entries = {entry(key_of_layer(1, 3))};
  top.left = again;
  top.entries[0].right = again;
  EXPECT_THAT(refused(top), HasSubstr("not after the one before"));
}

TEST_F(Mst, ACommitHasAllItsFields) {
  const Bytes block = testing::commit_block("did:plc:abc", "3n2v6o2ngu42y", cid_of_text("data"));
  const RepoCommit commit = read_repo_commit(block).value();
  EXPECT_EQ(commit.did, "did:plc:abc");
  EXPECT_EQ(commit.rev, "3n2v6o2ngu42y");
  EXPECT_EQ(commit.data, cid_of_text("data"));
  EXPECT_FALSE(commit.prev.has_value());
  EXPECT_EQ(commit.signature.size(), 64U);
  for (std::size_t size = 0; size < block.size(); ++size) {
    EXPECT_TRUE(read_repo_commit(ByteView(block).first(size)).has_error()) << size;
  }
  EXPECT_TRUE(read_repo_commit(BuiltNode{}.block()).has_error());
}

}  // namespace
}  // namespace refold::atproto
