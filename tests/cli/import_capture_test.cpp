#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ingest/capture.h"
#include "tests/cli/fixture.h"
#include "tests/support/events.h"
#include "tests/support/frame_builder.h"
#include "tests/support/test_data.h"

namespace refold::cli {
namespace {

using refold::testing::CarBuilder;
using refold::testing::CommitFrame;
using ::testing::HasSubstr;

class ImportCapture : public Command {
 protected:
  static Bytes record(std::string_view text) {
    return refold::testing::record_of("app.bsky.feed.post", text);
  }
  static std::string rev(std::uint64_t n) {
    return to_text(atproto::make_tid(1'700'000'000'000'000 + n, 7));
  }
  /// A frame with one post.
  static Bytes frame(std::uint64_t seq, const std::string& rkey, std::string_view text) {
    CarBuilder blocks;
    CommitFrame commit;
    commit.seq = seq;
    commit.did = alice;
    const std::string when = rev(seq);
    commit.rev = when;
    commit.operations.push_back({"create", "app.bsky.feed.post/" + rkey, blocks.add(record(text))});
    commit.commit =
        blocks.add(refold::testing::commit_block(alice, when, atproto::cid_of(bytes_of("tree"))));
    const Bytes car = blocks.car(commit.commit);
    commit.blocks = car;
    Bytes out;
    put_commit_frame(commit, out);
    return out;
  }
  static std::string capture(const std::vector<Bytes>& frames) {
    Bytes all;
    for (const Bytes& one : frames) ingest::put_frame(one, all);
    return std::string(text_of(all));
  }
  /// A repo with these posts.
  static std::string repo(std::uint64_t at, const std::map<std::string, std::string>& posts) {
    CarBuilder blocks;
    refold::testing::RepoKeys keys;
    for (const auto& [rkey, text] : posts) {
      keys.emplace("app.bsky.feed.post/" + rkey, blocks.add(record(text)));
    }
    const auto tree = add_tree(keys, blocks);
    const Bytes car = blocks.car(blocks.add(refold::testing::commit_block(alice, rev(at), tree)));
    return std::string(text_of(car));
  }
};

TEST_F(ImportCapture, FramesAreToldByTheirFirstBytesAlsoFromAPipe) {
  const std::string name = file("frames", capture({frame(1, "1", "one"), frame(2, "2", "two")}));
  const Finished imported = refold({"import", name, "--json"});
  EXPECT_EQ(imported.status, 0) << imported.err;
  EXPECT_EQ(number(imported, "frames"), 2U);
  EXPECT_EQ(number(imported, "appended"), 2U);
  const Finished again =
      shell("gzip -c " + name + " | " + binary + " import - --json --data " + data());
  EXPECT_EQ(number(again, "known"), 2U) << again.err;
  EXPECT_EQ(number(again, "appended"), 0U);
}

TEST_F(ImportCapture, ABrokenFrameIsNamedCountedAndSkipped) {
  const Finished imported =
      refold({"import", file("frames", capture({frame(1, "1", "one"), Bytes{0xa2, 0x61, 't'},
                                                frame(3, "3", "three")}))});
  EXPECT_EQ(imported.status, 3);
  EXPECT_THAT(imported.err, HasSubstr("frames, frame 2: the frame's header"));
  EXPECT_THAT(imported.out, HasSubstr("bad_frame"));
  EXPECT_THAT(imported.out, HasSubstr("seq_hole"));
  EXPECT_THAT(log({"stat"}).out, HasSubstr("2"));
}

TEST_F(ImportCapture, StrictStopsAtTheFirstFrameThatIsRefused) {
  const std::string name =
      file("frames", capture({frame(1, "1", "one"), frame(2, "a/b", "two"), frame(3, "3", "x")}));
  const Finished imported = refold({"import", name, "--strict", "--json"});
  EXPECT_EQ(imported.status, 1);
  EXPECT_THAT(imported.err, HasSubstr("frame 2: seq 2"));
  EXPECT_EQ(number(imported, "appended"), 1U);
}

TEST_F(ImportCapture, ACaptureThatEndsInsideAFrameKeepsWhatCameBefore) {
  std::string text = capture({frame(1, "1", "one"), frame(2, "2", "two")});
  text.pop_back();
  const Finished imported = refold({"import", file("frames", text), "--json"});
  EXPECT_EQ(imported.status, 1);
  EXPECT_THAT(imported.err, HasSubstr("ends in the middle of frame 2"));
  EXPECT_EQ(number(imported, "appended"), 1U);
}

TEST_F(ImportCapture, ARepoIsComparedWithTheLog) {
  ASSERT_EQ(refold({"import", file("frames", capture({frame(1, "1", "one"), frame(2, "2", "two"),
                                                      frame(3, "3", "three")}))})
                .status,
            0);
  // The first is as it was, the second is another, the third is gone, the fourth is new.
  const std::string car =
      file("repo.car", repo(10, {{"1", "one"}, {"2", "changed"}, {"4", "four"}}));
  const Finished imported = refold({"import", car, "--json"});
  EXPECT_EQ(imported.status, 0) << imported.err;
  EXPECT_EQ(number(imported, "repos"), 1U);
  EXPECT_EQ(number(imported, "known"), 1U);
  EXPECT_EQ(number(imported, "appended"), 3U);
  EXPECT_EQ(number(imported, "tombstones"), 1U);
  const std::string before = root();
  EXPECT_EQ(number(refold({"import", car, "--json"}), "appended"), 0U);
  // An older state of the repo says nothing that is news.
  const std::string older = file("older.car", repo(2, {{"1", "one"}, {"2", "two"}}));
  EXPECT_EQ(number(refold({"import", older, "--json"}), "appended"), 0U);
  EXPECT_EQ(root(), before);
}

TEST_F(ImportCapture, ADamagedRepoIsRefusedAsAWhole) {
  std::string text = repo(10, {{"1", "one"}, {"2", "two"}});
  text[text.find("two")] = 'T';
  const Finished imported = refold({"import", file("repo.car", text)});
  EXPECT_EQ(imported.status, 3);
  EXPECT_THAT(imported.err, HasSubstr("does not hash to its CID"));
  EXPECT_THAT(imported.out, HasSubstr("bad_repo"));
}

TEST_F(ImportCapture, ARealCaptureIsTakenWhole) {
  const auto sample = refold::testing::data_folder() / "pds-capture/sample.frames";
  REFOLD_NEEDS_DATA(sample);
  const Finished imported = refold({"import", sample.string(), "--json"});
  EXPECT_EQ(imported.status, 0) << imported.err;
  EXPECT_EQ(number(imported, "frames"), 305U);
  EXPECT_EQ(number(imported, "missing"), 1U);
  EXPECT_THAT(imported.out, HasSubstr("\"block_missing\":1"));
}

}  // namespace
}  // namespace refold::cli
