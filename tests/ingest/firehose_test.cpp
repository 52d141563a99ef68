#include "core/ingest/firehose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ingest/capture.h"
#include "core/ingest/frame.h"
#include "tests/support/events.h"
#include "tests/support/frame_builder.h"
#include "tests/support/test_data.h"

namespace refold::ingest {
namespace {

using index::Draft;
using log::Kind;
using log::Missing;
using refold::testing::CarBuilder;
using refold::testing::CommitFrame;
using refold::testing::did_of;
using refold::testing::put_notice_frame;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string rev = "3n2v6o2ngu42y";

struct Firehose : ::testing::Test {
  CarBuilder blocks;
  CommitFrame commit;
  std::string did = did_of("alice");
  Bytes car;
  Scope scope;
  DecoderOptions options;
  index::DraftBatch batch;
  std::vector<std::string> told;

  Firehose() {
    options.scope = &scope;
    options.cursor_name = "relay";
    options.tell = [this](Drop, std::uint64_t, const std::string& said) { told.push_back(said); };
    decoder = std::make_unique<FirehoseDecoder>(options);
    commit.did = did;
    commit.rev = rev;
  }

  std::unique_ptr<FirehoseDecoder> decoder;

  static Bytes record(std::string_view text) {
    return refold::testing::record_of("app.bsky.feed.post", text);
  }
  void create(const std::string& path, std::string_view text) {
    commit.operations.push_back({"create", path, blocks.add(record(text))});
  }
  /// The frame of `commit`, with its signed commit among the blocks.
  Bytes frame(std::string_view signed_did, std::string_view signed_rev) {
    commit.commit = blocks.add(
        refold::testing::commit_block(signed_did, signed_rev, atproto::cid_of(bytes_of("tree"))));
    car = blocks.car(commit.commit);
    commit.blocks = car;
    Bytes out;
    put_commit_frame(commit, out);
    return out;
  }
  Bytes frame() { return frame(did, rev); }
  Bytes notice(std::string_view type, std::uint64_t seq) const {
    Bytes out;
    const auto nothing = [](atproto::cbor::Writer&) {};
    put_notice_frame(type, seq, did, 0, nothing, out);
    return out;
  }

  void take(const Bytes& message) {
    const Verdict verdict = decoder->decode(message, batch);
    EXPECT_EQ(verdict.kind, Verdict::Kind::taken) << verdict.message;
  }
  void refused(const Bytes& message, Drop reason) {
    const std::size_t before = batch.drafts.size();
    const std::uint64_t count = decoder->drops()[reason];
    take(message);
    EXPECT_EQ(decoder->drops()[reason], count + 1) << name(reason);
    EXPECT_EQ(batch.drafts.size(), before);
  }
  std::string broken(ByteView message) {
    const Verdict verdict = decoder->decode(message, batch);
    EXPECT_EQ(verdict.kind, Verdict::Kind::broken);
    EXPECT_THAT(batch.drafts, IsEmpty());
    return verdict.message;
  }
};

TEST_F(Firehose, ACommitBecomesADraftForEachOperationInOrder) {
  create("app.bsky.feed.post/1", "one");
  commit.operations.push_back({"update", "app.bsky.feed.post/1", blocks.add(record("two"))});
  commit.operations.push_back({"delete", "app.bsky.feed.like/9", std::nullopt});
  take(frame());
  ASSERT_EQ(batch.drafts.size(), 3U);
  const Draft& first = batch.drafts[0];
  EXPECT_EQ(first.kind, Kind::create);
  EXPECT_EQ(first.did, did);
  EXPECT_EQ(first.collection, "app.bsky.feed.post");
  EXPECT_EQ(first.rkey, "1");
  EXPECT_EQ(atproto::to_text(first.rev), rev);
  EXPECT_EQ(first.order, 0);
  EXPECT_TRUE(equal(first.record, record("one")));
  EXPECT_EQ(batch.drafts[1].order, 1);
  EXPECT_EQ(batch.drafts[2].kind, Kind::remove);
  EXPECT_EQ(batch.drafts[2].order, 2);
  decoder->finish(batch);
  ASSERT_EQ(batch.extras.cursors.size(), 1U);
  EXPECT_EQ(batch.extras.cursors[0].name, "relay");
  EXPECT_EQ(batch.extras.cursors[0].value, "1");
  EXPECT_THAT(batch.extras.marks, IsEmpty());
}

TEST_F(Firehose, ASmallFrameDoesNotBecomeALargeBatch) {
  const atproto::Cid cid = blocks.add(record(std::string(1'000'000, 'a')));
  for (int i = 0; i < 200; ++i)
    commit.operations.push_back({"create", "app.bsky.feed.post/" + std::to_string(i), cid});
  take(frame());
  ASSERT_EQ(batch.drafts.size(), 200U);
  EXPECT_LE(batch.arena.used_bytes(), frame_bytes_max + 100'000);
  EXPECT_FALSE(batch.drafts.front().record.empty());
  EXPECT_TRUE(batch.drafts.back().record.empty());
  EXPECT_EQ(batch.drafts.back().missing, Missing::too_large);
}

TEST_F(Firehose, ARecordWithoutItsBlockIsMissingAndCounted) {
  commit.operations.push_back({"create", "app.bsky.feed.post/1", atproto::cid_of(record("no"))});
  take(frame());
  ASSERT_EQ(batch.drafts.size(), 1U);
  EXPECT_EQ(batch.drafts[0].missing, Missing::not_sent);
  EXPECT_EQ(decoder->drops()[Drop::block_missing], 1U);
  EXPECT_EQ(decoder->drops().refused(), 0U);
}

TEST_F(Firehose, ABlockThatDoesNotHashToItsCidIsNoRecord) {
  const atproto::Cid cid = atproto::cid_of(record("true"));
  blocks.add_as(cid, record("fals"));
  commit.operations.push_back({"create", "app.bsky.feed.post/1", cid});
  take(frame());
  ASSERT_EQ(batch.drafts.size(), 1U);
  EXPECT_EQ(batch.drafts[0].missing, Missing::cid_mismatch);
  EXPECT_TRUE(batch.drafts[0].record.empty());
  EXPECT_EQ(decoder->drops()[Drop::block_damaged], 1U);
}

TEST_F(Firehose, ABadOperationIsDroppedAndTheOthersStay) {
  create("app.bsky.feed.post/1", "one");
  commit.operations.push_back({"creat", "app.bsky.feed.post/2", blocks.add(record("2"))});
  commit.operations.push_back({"create", "app..post/2", blocks.add(record("2"))});
  commit.operations.push_back({"create", "app.bsky.feed.post/a/b", blocks.add(record("2"))});
  commit.operations.push_back({"create", "app.bsky.feed.post", blocks.add(record("2"))});
  commit.operations.push_back({"create", "app.bsky.feed.post/3", std::nullopt});
  create("app.bsky.feed.post/4", "four");
  take(frame());
  ASSERT_EQ(batch.drafts.size(), 2U);
  EXPECT_EQ(batch.drafts[1].order, 6);
  const Drops& drops = decoder->drops();
  EXPECT_EQ(drops[Drop::bad_operation], 1U);
  EXPECT_EQ(drops[Drop::bad_collection], 1U);
  EXPECT_EQ(drops[Drop::bad_rkey], 2U);
  EXPECT_EQ(drops[Drop::bad_cid], 1U);
  EXPECT_EQ(told.size(), 5U);
  EXPECT_THAT(told[0], HasSubstr("seq 1 \"" + did + "\": action \"creat\""));
}

TEST_F(Firehose, ACommitThatIsNotTheSignedOneIsDropped) {
  create("app.bsky.feed.post/1", "one");
  refused(frame(did_of("bob"), rev), Drop::bad_commit);
  refused(frame(did, "3n2v6o2ngu42z"), Drop::bad_commit);
  commit.commit = atproto::cid_of(bytes_of("not there"));
  Bytes out;
  put_commit_frame(commit, out);
  refused(out, Drop::bad_commit);
  commit.rev = "3N2v6o2ngu42y";
  refused(frame(), Drop::bad_rev);
}

TEST_F(Firehose, BlocksThatCannotBeReadDropTheCommit) {
  create("app.bsky.feed.post/1", "one");
  (void)frame();
  car.pop_back();
  commit.blocks = car;
  Bytes out;
  put_commit_frame(commit, out);
  refused(out, Drop::bad_car);
}

TEST_F(Firehose, ATooBigCommitMarksItsRepoAndKeepsWhatWasSent) {
  create("app.bsky.feed.post/1", "one");
  commit.too_big = true;
  take(frame());
  ASSERT_EQ(batch.drafts.size(), 2U);
  EXPECT_EQ(batch.drafts[0].kind, Kind::sync);
  EXPECT_EQ(batch.drafts[0].sync, index::SyncMeans::fetch);
  EXPECT_EQ(batch.drafts[1].kind, Kind::create);
  EXPECT_EQ(decoder->drops()[Drop::too_big], 1U);
}

TEST_F(Firehose, ATooBigCommitWithoutBlocksIsTakenToo) {
  commit.too_big = true;
  Bytes out;
  put_commit_frame(commit, out);
  take(out);
  ASSERT_EQ(batch.drafts.size(), 1U);
  EXPECT_EQ(batch.drafts[0].kind, Kind::sync);
}

TEST_F(Firehose, WhatIsOutOfScopeLeavesAMarkOfItsRev) {
  scope.set(log::Matcher::make({.collections = {"social.arabica.*"}}).value());
  create("app.bsky.feed.post/1", "one");
  take(frame());
  EXPECT_THAT(batch.drafts, IsEmpty());
  EXPECT_EQ(decoder->drops()[Drop::out_of_scope], 1U);
  decoder->finish(batch);
  ASSERT_EQ(batch.extras.marks.size(), 1U);
  EXPECT_THAT(batch.extras.marks[0].value, HasSubstr(rev + " " + did));
}

TEST_F(Firehose, AScopeIsChangedWhileItRuns) {
  scope.set(log::Matcher::make({.collections = {"social.arabica.*"}}).value());
  create("app.bsky.feed.post/1", "one");
  take(frame());
  EXPECT_THAT(batch.drafts, IsEmpty());
  scope.set(log::Matcher::make({.collections = {"app.bsky.*"}}).value());
  commit.seq = 2;
  take(frame());
  EXPECT_EQ(batch.drafts.size(), 1U);
  scope.set(log::Matcher::make({.dids = {did_of("bob")}}).value());
  commit.seq = 3;
  take(frame());
  EXPECT_EQ(batch.drafts.size(), 1U);
}

TEST_F(Firehose, IdentityAndAccountSayWhatTheySay) {
  Bytes out;
  put_notice_frame(
      "#identity", 5, did, 1, [](auto& body) { body.key("handle"), body.text("alice.test"); }, out);
  take(out);
  out.clear();
  put_notice_frame(
      "#account", 6, did, 2,
      [](auto& body) {
        body.key("active"), body.boolean(false);
        body.key("status"), body.text("deleted");
      },
      out);
  take(out);
  ASSERT_EQ(batch.drafts.size(), 2U);
  EXPECT_EQ(batch.drafts[0].handle, "alice.test");
  EXPECT_EQ(batch.drafts[0].upstream_seq, 5U);
  EXPECT_EQ(batch.drafts[0].upstream_us, 1'795'335'649'688'000);
  EXPECT_FALSE(batch.drafts[1].active);
  EXPECT_EQ(batch.drafts[1].status, "deleted");
  refused(notice("#account", 7), Drop::bad_field);
}

TEST_F(Firehose, ASyncBehindTheCommitThatItConfirmsAsksForNothing) {
  const auto sync = [&](std::uint64_t seq) {
    const auto root =
        blocks.add(refold::testing::commit_block(did, rev, atproto::cid_of(bytes_of("tree"))));
    const Bytes archive = blocks.car(root);
    Bytes out;
    atproto::cbor::Writer header(out);
    refold::testing::put_frame_header(header, "#sync");
    atproto::cbor::Writer body(out);
    body.map(4);
    body.key("did"), body.text(did);
    body.key("rev"), body.text(rev);
    body.key("seq"), body.unsigned_integer(seq);
    body.key("blocks"), body.bytes(archive);
    return out;
  };
  take(sync(1));
  ASSERT_EQ(batch.drafts.size(), 1U);
  EXPECT_EQ(batch.drafts[0].sync, index::SyncMeans::fetch);
  commit.seq = 2;
  take(frame());  // no operations
  take(sync(3));
  ASSERT_EQ(batch.drafts.size(), 2U);
  EXPECT_EQ(batch.drafts[1].sync, index::SyncMeans::matches);
}

TEST_F(Firehose, WhatIsNoFrameBreaksTheConnection) {
  create("app.bsky.feed.post/1", "one");
  const Bytes whole = frame();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_FALSE(broken(ByteView(whole).first(size)).empty()) << size;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_THAT(broken(longer), HasSubstr("1 more bytes follow"));
  EXPECT_THAT(broken(Bytes(frame_bytes_max + 1, 0)), HasSubstr("at most"));
  EXPECT_THAT(broken(Bytes{0x80, 0xa0}), HasSubstr("{op, t}"));
}

TEST_F(Firehose, UnknownMessagesAndFieldsAreIgnored) {
  take(notice("#rebase", 4));
  EXPECT_EQ(decoder->drops()[Drop::unknown_kind], 1U);
  EXPECT_EQ(decoder->cursor(), 4U);
  Bytes out;
  put_notice_frame(
      "#identity", 5, did, 2,
      [](auto& body) {
        body.key("extra"), body.array(1), body.array(0);
        body.key("handle"), body.text("alice.test");
      },
      out);
  take(out);
  EXPECT_EQ(batch.drafts.size(), 1U);
}

TEST_F(Firehose, AFieldOfAnotherTypeDropsTheMessageAlone) {
  Bytes out;
  put_notice_frame(
      "#identity", 5, did, 1, [](auto& body) { body.key("handle"), body.array(1), body.array(0); },
      out);
  refused(out, Drop::bad_field);
  refused(notice("#identity", 0), Drop::bad_field);
  take(notice("#identity", 6));
  EXPECT_EQ(batch.drafts.size(), 1U);
}

TEST_F(Firehose, NumbersThatTheHostSkipsOrRepeatsAreCounted) {
  take(notice("#identity", 5));
  take(notice("#identity", 6));
  take(notice("#identity", 9));
  take(notice("#identity", 9));
  EXPECT_EQ(decoder->drops()[Drop::seq_hole], 1U);
  EXPECT_EQ(decoder->drops()[Drop::seq_repeated], 1U);
  EXPECT_EQ(decoder->cursor(), 9U);
  EXPECT_EQ(batch.drafts.size(), 4U);
}

std::vector<Bytes> control(const std::string& file) {
  FrameCutter cutter;
  cutter.add(bytes_of(refold::testing::read_file(file)));
  std::vector<Bytes> frames;
  for (ByteView frame; cutter.next(frame).value();) frames.emplace_back(frame.begin(), frame.end());
  return frames;
}

TEST_F(Firehose, AnOutdatedCursorBecomesAGap) {
  const auto file = refold::testing::data_folder() / "pds-capture/control-outdated-cursor.frames";
  REFOLD_NEEDS_DATA(file);
  decoder->resume(1);
  for (const Bytes& message : control(file)) take(message);
  ASSERT_GE(batch.drafts.size(), 2U);
  const Draft& gap = batch.drafts[0];
  EXPECT_EQ(gap.kind, Kind::gap);
  EXPECT_EQ(gap.status, "OutdatedCursor");
  EXPECT_EQ(gap.handle, "2-" + std::to_string(gap.upstream_seq));
  EXPECT_NE(batch.drafts[1].kind, Kind::gap);
}

TEST_F(Firehose, AFutureCursorIsTheServersWordAndNoMessage) {
  const auto file = refold::testing::data_folder() / "pds-capture/control-future-cursor.frames";
  REFOLD_NEEDS_DATA(file);
  const auto frames = control(file);
  ASSERT_EQ(frames.size(), 1U);
  const Verdict verdict = decoder->decode(frames[0], batch);
  EXPECT_EQ(verdict.kind, Verdict::Kind::refused);
  EXPECT_EQ(verdict.code, "FutureCursor");
  EXPECT_THAT(batch.drafts, IsEmpty());
}

TEST(Capture, TheFormIsToldByTheFirstBytes) {
  EXPECT_EQ(form_of(bytes_of("{\"did\":")), CaptureForm::lines);
  EXPECT_EQ(form_of({}), CaptureForm::lines);
  Bytes frame;
  atproto::cbor::Writer header(frame);
  refold::testing::put_frame_header(header, "#commit");
  Bytes capture;
  put_frame(frame, capture);
  EXPECT_EQ(form_of(ByteView(capture).first(form_bytes)), CaptureForm::frames);
  CarBuilder blocks;
  const Bytes car = blocks.car(blocks.add(bytes_of("one")));
  EXPECT_EQ(form_of(ByteView(car).first(form_bytes)), CaptureForm::car);
}

TEST(Capture, FramesAreCutHoweverTheBytesCome) {
  Bytes capture;
  for (const std::string_view text : {"one", "", "three"}) put_frame(bytes_of(text), capture);
  FrameCutter cutter;
  std::vector<std::string> cut;
  for (const std::uint8_t byte : capture) {
    cutter.add({&byte, 1});
    for (ByteView frame; cutter.next(frame).value();) cut.emplace_back(text_of(frame));
  }
  EXPECT_EQ(cut, (std::vector<std::string>{"one", "", "three"}));
  cutter.add(Bytes{0x7f, 0, 0, 0});
  ByteView frame;
  EXPECT_THAT(cutter.next(frame).error().message, HasSubstr("frame 4 has"));
}

}  // namespace
}  // namespace refold::ingest
