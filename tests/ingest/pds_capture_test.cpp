#include "tests/ingest/pds_capture.h"

#include <gmock/gmock.h>

#include "core/atproto/json.h"

namespace refold::ingest {
namespace {

using testing::data_folder;
using testing::files_of_tar;
using testing::unpacked;

std::filesystem::path capture_folder() { return data_folder() / "pds-capture"; }

/// Frames that repos-mid was taken behind.
constexpr std::size_t frames_before_mid = 3958;

/// What a log has of one record operation.
TrueOperation operation_of(const log::Event& event) {
  TrueOperation operation;
  operation.did = std::string(event.did);
  operation.rev = atproto::to_text(event.rev);
  operation.action = std::string(name(event.kind));
  operation.path = std::string(event.collection) + "/" + std::string(event.rkey);
  if (log::has_cid(event)) operation.cid = to_text(log::cid_of(event));
  return operation;
}

struct WholeCapture : ::testing::Test {
  static PdsCapture load() {
    return {PdsCapture::frames_of(unpacked(capture_folder() / "pds0.frames.zst")),
            unpacked(capture_folder() / "pds0.ops.jsonl.zst")};
  }
  static std::map<std::string, std::string> repos() {
    return files_of_tar(unpacked(capture_folder() / "repos-http-plc.tar.zst"));
  }
};

/// The operations of a repo must be those of the truth, in its order; behind them may be tombstones
/// of a deleted account.
void expect_truth(const PdsCapture& capture, const log::Page& page) {
  std::map<std::string, std::vector<const log::Event*>> by_did;
  for (const log::Event& event : page.events) {
    if (log::is_record(event.kind)) by_did[std::string(event.did)].push_back(&event);
  }
  EXPECT_EQ(by_did.size(), capture.operations().size());
  for (const auto& [did, truth] : capture.operations()) {
    const auto& events = by_did[did];
    ASSERT_GE(events.size(), truth.size()) << did;
    for (std::size_t at = 0; at < truth.size(); ++at) {
      TrueOperation expected = truth[at];
      const std::string json = std::exchange(expected.record, {});
      ASSERT_EQ(operation_of(*events[at]), expected);
      if (json.empty()) {
        EXPECT_TRUE(events[at]->record.empty());
      } else {
        EXPECT_TRUE(equal(events[at]->record, atproto::cbor_from_json(json).value()))
            << expected.path;
      }
    }
    for (std::size_t at = truth.size(); at < events.size(); ++at) {
      EXPECT_EQ(events[at]->kind, log::Kind::remove) << did;
    }
  }
}

/// What lives at the end by the truth: everything of the accounts that were not deleted.
std::map<std::string, std::string> true_living(const PdsCapture& capture,
                                               const std::set<std::string>& deleted) {
  std::map<std::string, std::string> living;
  for (const auto& [did, operations] : capture.operations()) {
    if (deleted.count(did) > 0) continue;
    for (const TrueOperation& one : operations) {
      if (one.action == "delete") {
        living.erase(did + " " + one.path);
      } else {
        living[did + " " + one.path] = one.cid;
      }
    }
  }
  return living;
}

const std::set<std::string> deleted_accounts = {"did:plc:yxahit24bnhlox3uuugq7d5c",
                                                "did:plc:x2rnxc66bh2623fmjfj6stcc"};

TEST_F(WholeCapture, EveryOperationIsThereInOrderWithItsCidAndItsBytes) {
  REFOLD_NEEDS_DATA(capture_folder());
  const PdsCapture capture = load();
  CaptureLog log;
  log.take(capture, 0, capture.frames().size());
  expect_truth(capture, log.history());
  EXPECT_EQ(log.living(), true_living(capture, deleted_accounts));
  log.expect_nothing_twice();
  const Drops& drops = log.decoder.drops();
  EXPECT_EQ(drops.refused(), 0U);
  EXPECT_EQ(drops[Drop::block_missing], 1U);
  EXPECT_EQ(drops[Drop::seq_hole], 0U);
  EXPECT_EQ(log.decoder.cursor(), capture.frames().size());
  EXPECT_EQ(log.recorder->log().cursor("test").value(), std::to_string(capture.frames().size()));
}

TEST_F(WholeCapture, ItsOtherEventsAreThereToo) {
  REFOLD_NEEDS_DATA(capture_folder());
  const PdsCapture capture = load();
  CaptureLog log;
  log.take(capture, 0, capture.frames().size());
  std::map<log::Kind, int> counts;
  for (const log::Event& event : log.history().events) ++counts[event.kind];
  EXPECT_EQ(counts[log::Kind::identity], 37);
  EXPECT_EQ(counts[log::Kind::account], 32);
  EXPECT_EQ(counts[log::Kind::sync], 24);
  // Every one of them came right behind the state that it confirms.
  EXPECT_TRUE(index::repos_to_fetch(log.recorder->log(), 100).value().empty());
}

TEST_F(WholeCapture, AgainFromTheStartInOtherBatchesNothingIsAppended) {
  REFOLD_NEEDS_DATA(capture_folder());
  const PdsCapture capture = load();
  CaptureLog log;
  log.take(capture, 0, capture.frames().size());
  const auto root = log.recorder->log().root().value();
  EXPECT_EQ(log.take(capture, 0, capture.frames().size(), 1777).appended, 0U);
  EXPECT_EQ(log.recorder->log().root().value(), root);
  EXPECT_EQ(log.decoder.drops()[Drop::seq_repeated], 1U);
}

/// Repos before, between and after the frames: the same heads, and nothing twice.
class WithRepos : public WholeCapture, public ::testing::WithParamInterface<const char*> {};

TEST_P(WithRepos, EndsInTheSameHeadsWithNothingTwice) {
  REFOLD_NEEDS_DATA(capture_folder());
  const PdsCapture capture = load();
  const auto files = repos();
  const std::string order = GetParam();  // m: repos-mid, f: repos-final, 1 and 2: the frames
  CaptureLog log;
  for (const char step : order) {
    switch (step) {
      case 'm': log.take_repos(files, "repos-mid/"); break;
      case 'f': log.take_repos(files, "repos-final/"); break;
      case '1': log.take(capture, 0, frames_before_mid); break;
      default: log.take(capture, frames_before_mid, capture.frames().size());
    }
  }
  EXPECT_EQ(log.living(), true_living(capture, deleted_accounts));
  log.expect_nothing_twice();
  // Once more: all of it is known.
  EXPECT_EQ(log.take(capture, 0, capture.frames().size()).appended, 0U);
  EXPECT_EQ(log.take_repos(files, "repos-"), 0U);
  // The index agrees with the log.
  const auto digest = log.recorder->index_digest().value();
  ASSERT_TRUE(log.recorder->reindex().has_value());
  EXPECT_EQ(log.recorder->index_digest().value(), digest);
}

INSTANTIATE_TEST_SUITE_P(Orders, WithRepos, ::testing::Values("fm12", "1m2f", "12m", "m1f2"));

TEST_F(WholeCapture, ARepoThatTheFramesHaveToldOfAppendsNothing) {
  REFOLD_NEEDS_DATA(capture_folder());
  const PdsCapture capture = load();
  CaptureLog log;
  log.take(capture, 0, frames_before_mid);
  EXPECT_EQ(log.take_repos(repos(), "repos-mid/"), 0U);
  log.take(capture, frames_before_mid, capture.frames().size());
  EXPECT_EQ(log.take_repos(repos(), "repos-final/"), 0U);
}

TEST_F(WholeCapture, TheReposAloneHaveEveryLivingRecord) {
  REFOLD_NEEDS_DATA(capture_folder());
  const PdsCapture capture = load();
  CaptureLog log;
  log.take_repos(repos(), "repos-final/");
  std::map<std::string, std::string> expected;
  for (const auto& [key, cid] : true_living(capture, deleted_accounts)) {
    // Accounts that were not active had no repo to be fetched.
    const std::string name = key.substr(0, key.find(' '));
    if (log.recorder->repo(name).value()) expected[key] = cid;
  }
  EXPECT_EQ(log.living(), expected);
  EXPECT_GT(expected.size(), 3000U);
  for (const log::Event& event : log.history().events) {
    EXPECT_TRUE(event.has(log::flag::resync));
  }
}

TEST_F(WholeCapture, WhatIsGoneFromARepoBecomesATombstone) {
  REFOLD_NEEDS_DATA(capture_folder());
  const PdsCapture capture = load();
  CaptureLog log;
  log.take_repos(repos(), "repos-mid/");
  const auto before = log.living();
  log.take_repos(repos(), "repos-final/");
  std::size_t gone = 0;
  for (const log::Event& event : log.history().events) {
    if (event.kind != log::Kind::remove) continue;
    ++gone;
    EXPECT_EQ(event.previous_state, log::PreviousState::known);
    EXPECT_TRUE(event.has(log::flag::resync));
  }
  EXPECT_GT(gone, 100U);
  CaptureLog direct;
  direct.take_repos(repos(), "repos-final/");
  auto expected = direct.living();
  for (const auto& [key, cid] : before) {
    const bool in_final = direct.recorder->repo(key.substr(0, key.find(' '))).value().has_value();
    if (!in_final) expected[key] = cid;  // the repo was not there to be compared
  }
  EXPECT_EQ(log.living(), expected);
}

TEST_F(WholeCapture, AReplayWithHolesIsCountedAndLosesNothing) {
  REFOLD_NEEDS_DATA(capture_folder());
  const PdsCapture capture = load();
  CaptureLog log;
  std::vector<Bytes> frames;
  for (std::size_t at = 0; at < 300; ++at) {
    if (at < 100 || at % 10 != 0) frames.push_back(capture.frames()[at]);
  }
  const PdsCapture holes(frames, "");
  log.take(holes, 0, frames.size());
  EXPECT_EQ(log.decoder.drops()[Drop::seq_hole], 20U);
  EXPECT_EQ(log.decoder.drops().refused(), 0U);
}

}  // namespace
}  // namespace refold::ingest
