#include "tests/fuzz/wire_seeds.h"

#include <zstd.h>

#include "core/ingest/capture.h"
#include "tests/support/events.h"
#include "tests/support/frame_builder.h"

namespace refold::fuzz {
namespace {

using testing::CarBuilder;
using testing::CommitFrame;
using testing::put_notice_frame;

constexpr std::string_view did = "did:plc:abc";
constexpr std::string_view rev = "3n2v6o2ngu42y";

Bytes record(std::string_view text) { return testing::record_of("app.bsky.feed.post", text); }

Bytes captured(const Bytes& frame) {
  Bytes out;
  ingest::put_frame(frame, out);
  return out;
}

Bytes commit(bool too_big, bool damaged, std::string_view signed_rev) {
  CarBuilder blocks;
  CommitFrame frame;
  frame.did = did;
  frame.rev = rev;
  frame.too_big = too_big;
  frame.operations.push_back({"create", "app.bsky.feed.post/1", blocks.add(record("one"))});
  frame.operations.push_back({"update", "app.bsky.feed.post/1", atproto::cid_of(record("two"))});
  frame.operations.push_back({"delete", "app.bsky.feed.post/2", std::nullopt});
  frame.operations.push_back({"create", "app.bsky.feed.post/3", std::nullopt});
  frame.operations.push_back({"erase", "app.bsky.feed.post/3", std::nullopt});
  frame.operations.push_back({"create", "app/3", std::nullopt});
  frame.operations.push_back({"create", "app.bsky.feed.post/", std::nullopt});
  if (damaged) blocks.add_as(atproto::cid_of(record("two")), record("owt"));
  frame.commit =
      blocks.add(testing::commit_block(did, signed_rev, atproto::cid_of(bytes_of("tree"))));
  const Bytes car = blocks.car(frame.commit);
  frame.blocks = car;
  Bytes out;
  put_commit_frame(frame, out);
  return captured(out);
}

Bytes sync() {
  CarBuilder blocks;
  const Bytes car =
      blocks.car(blocks.add(testing::commit_block(did, rev, atproto::cid_of(bytes_of("tree")))));
  Bytes out;
  atproto::cbor::Writer header(out);
  testing::put_frame_header(header, "#sync");
  atproto::cbor::Writer body(out);
  body.map(4);
  body.key("did"), body.text(did);
  body.key("rev"), body.text(rev);
  body.key("seq"), body.unsigned_integer(2);
  body.key("blocks"), body.bytes(car);
  return captured(out);
}

void add_frames(const AddSeed& add) {
  for (const bool too_big : {false, true}) {
    for (const bool damaged : {false, true}) add("firehose", commit(too_big, damaged, rev));
  }
  add("firehose", commit(false, false, "3n2v6o2ngu42z"));
  add("firehose", sync());
  Bytes out;
  put_notice_frame(
      "#identity", 3, did, 1, [](auto& body) { body.key("handle"), body.text("alice.test"); }, out);
  add("firehose", captured(out));
  out.clear();
  put_notice_frame(
      "#account", 4, did, 2,
      [](auto& body) {
        body.key("active"), body.boolean(false);
        body.key("status"), body.text("deleted");
      },
      out);
  const Bytes account = captured(out);
  Bytes two = account;
  append(two, account);
  add("firehose", two);
  out.clear();
  atproto::cbor::Writer header(out);
  testing::put_frame_header(header, "#info");
  atproto::cbor::Writer body(out);
  body.map(1);
  body.key("name"), body.text("OutdatedCursor");
  Bytes gap = captured(out);
  append(gap, two);
  add("firehose", gap);
  const Bytes error{0xa1, 0x62, 'o', 'p', 0x20, 0xa1, 0x65, 'e', 'r', 'r', 'o', 'r', 0x61, 'X'};
  add("firehose", captured(error));
}

void add_repos(const AddSeed& add) {
  CarBuilder car;
  testing::RepoKeys keys;
  for (int at = 0; at < 40; ++at) {
    const std::string key = "com.example.record/" + std::to_string(at);
    keys.emplace(key, car.add(bytes_of(key)));
  }
  const auto tree = add_tree(keys, car);
  add("repo", car.car(car.add(testing::commit_block(did, rev, tree))));
  // As blocks behind their lengths.
  CarBuilder only_tree;
  const auto root = add_tree(keys, only_tree);
  Bytes list;
  Bytes last;
  const Bytes whole = only_tree.car(root);
  atproto::CarReader reader(whole);
  atproto::CarBlock block;
  for (bool read = reader.open().has_value() && reader.next(block); read;
       read = reader.next(block)) {
    if (block.cid == root) last.assign(block.bytes.begin(), block.bytes.end());
    put_sized(list, block.bytes);
  }
  put_sized(list, last);
  add("repo", list);
  Bytes commit_alone;
  put_sized(commit_alone, testing::commit_block(did, rev, tree));
  add("repo", commit_alone);
}

void add_messages(const AddSeed& add) {
  const std::string payload =
      R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#)";
  const std::string common =
      R"(","seq":7,"did":"did:plc:abc","time":"2026-11-22T08:20:49.688000Z")";
  const std::string fields =
      R"("rev":"3n2v6o2ngu42y","operation":"create","collection":"app.bsky.feed.post","rkey":"1",)"
      R"("cid":"bafyreiegbrm2b4lvd7733xnokfsa5sdmyt3uzfya2qtohva2faf4a7gwua","record":{"a":1}})";
  const std::string messages[] = {
      R"({"did":"did:plc:abc","time_us":1,"kind":"commit","commit":{)" + fields + "}",
      payload + "commit" + common + "," + fields + "}",
      payload + "identity" + common + R"(,"handle":"alice.test"}})",
      payload + "account" + common + R"(,"active":false,"status":"deleted"}})",
      payload + "sync" + common + R"(,"rev":"3n2v6o2ngu42y"}})",
      payload + "sync" + common + R"(,"rev":"3"}})",
      payload + "info" + common + "}}",
      payload + "other" + common + "}}",
      R"({"$type":"error","error":"ConsumerTooSlow","message":"bye"})",
      R"({"$type":"message"})",
      "[",
  };
  for (const std::string& message : messages) {
    add("jetstream", bytes_of(message));
    Bytes packed(ZSTD_compressBound(message.size()));
    packed.resize(ZSTD_compress(packed.data(), packed.size(), message.data(), message.size(), 1));
    add("jetstream", packed);
  }
}

}  // namespace

void add_wire(const AddSeed& add) {
  add_frames(add);
  add_repos(add);
  add_messages(add);
}

}  // namespace refold::fuzz
