#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/log/limits.h"
#include "core/log/reader.h"
#include "core/log/tail/row.h"
#include "core/log/witness_log.h"
#include "tests/support/events.h"
#include "tests/support/random_events.h"
#include "tests/support/temp_folder.h"

namespace refold::log {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The worked example of docs/log-format.md: a profile is deleted.
Event example(const Bytes& previous) {
  Event event;
  event.seq = 2;
  event.witness_us = 1'790'000'000'000'000;
  event.kind = Kind::remove;
  event.flags = flag::live;
  event.previous_state = PreviousState::known;
  event.previous_seq = 1;
  event.previous_record = previous;
  event.rev = atproto::make_tid(1'789'999'999'000'000, 7);
  event.source = "import";
  event.did = "did:web:a.example";
  event.collection = "a.b.c";
  event.rkey = "self";
  return event;
}

TEST(Format, TheRowInTheDocumentIsTheOneThatIsWritten) {
  const Bytes previous = {0xa1, 0x65, '$', 't', 'y', 'p', 'e', 0x65, 'a', '.', 'b', '.', 'c'};
  const Event event = example(previous);
  Bytes row(row_bytes(event));
  encode_row(event, row.data());
  const std::string document = content(fs::path(REFOLD_SOURCE_DIR) / "docs/log-format.md");
  for (std::size_t i = 0; i < row.size(); i += 16) {
    std::string line;
    for (std::size_t at = i; at < std::min(i + 16, row.size()); ++at) {
      line += hex(ByteView(row).subspan(at, 1)) + ' ';
    }
    EXPECT_NE(document.find('\n' + line), std::string::npos) << "not in the document: " << line;
  }
}

/// Every event of the log as text: payloads and CIDs by their digest.
std::string digest_of(const WitnessLog& log) {
  Sha256 hash;
  Reader reader(log, 1, Matcher::make({.history = true}).value());
  Page page;
  Bytes row;
  while (reader.next(page).value()) {
    for (const Event& event : page.events) {
      row.resize(row_bytes(event));
      encode_row(event, row.data());
      hash.update(row);
    }
  }
  return hex(hash.finish());
}

std::string summary(const WitnessLog& log) {
  const LogStat stat = log.stat().value();
  return "events " + std::to_string(stat.last) + "\nsealed " + std::to_string(stat.sealed_last) +
         "\nroot " + hex(log.root().value()) + "\nfields " + digest_of(log) + '\n';
}

/// Writes the log that is kept as a golden file: run with REFOLD_WRITE_GOLDEN=FOLDER when the
/// format changes, and keep the old ones.
TEST(Format, WriteGolden) {
  const char* const folder = std::getenv("REFOLD_WRITE_GOLDEN");
  if (folder == nullptr) GTEST_SKIP() << "only on request: REFOLD_WRITE_GOLDEN=FOLDER";
  const auto log = WitnessLog::open_writer(folder, {.map_bytes = 1 << 20}).value();
  Page page;
  refold::testing::RandomEvents(7).fill(page, 1, chunk_events + 40);
  std::vector<Event> events;
  for (Event event : page.events) {
    // Small: what a file of each version is for is the forms, not the bulk.
    if (event.seq % 16 != 0) {
      event.record = event.previous_record = {};
      event.previous_state = PreviousState::none;
      event.kind = Kind::remove;
      event.missing = Missing::no;
      event.stored_cid = nullptr;
      event.collection = "app.bsky.feed.like";
      event.rkey = "self";
      event.rev = atproto::make_tid(1'790'000'000'000'000, 1);
    }
    if (check_event(event).has_value()) events.push_back(event);
  }
  for (std::size_t i = 0; events.size() < chunk_events + 20; ++i) events.push_back(events[i * 16]);
  // What an event takes back is what the log has in that place.
  std::size_t before = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!events[i].previous_record.empty()) {
      events[i].previous_seq = before + 1;
      events[i].previous_record = events[before].record;
    }
    if (!events[i].record.empty()) before = i;
  }
  ASSERT_TRUE(log->append(events, {{{"source", "42"}}, {{"mark", "x"}}}).has_value());
  ASSERT_EQ(log->seal().value(), chunk_events);
  // One of each place; and the tail is compacted, so the file is small.
  Page some;
  std::vector<Seq> redacted;
  for (Seq seq = chunk_events - 100; redacted.size() < 3; ++seq) {
    if (seq == chunk_events - 99) seq = chunk_events + 1;
    some.clear();
    ASSERT_TRUE(log->get(seq, some).has_value());
    if (is_record(some.events.front().kind)) redacted.push_back(seq);
  }
  ASSERT_TRUE(log->redact(redacted).has_value());
  std::ofstream(fs::path(folder) / "expected.txt") << summary(*log);
}

TEST(Format, EveryVersionIsStillRead) {
  const fs::path golden = fs::path(REFOLD_SOURCE_DIR) / "tests/log/golden";
  ASSERT_TRUE(fs::is_directory(golden));
  std::size_t versions = 0;
  for (const auto& version : fs::directory_iterator(golden)) {
    const refold::testing::TempFolder copy;
    fs::copy(version.path(), copy.path(), fs::copy_options::recursive);
    const auto log = WitnessLog::open_reader(copy.path(), {.map_bytes = 1 << 20});
    ASSERT_TRUE(log.has_value()) << version.path() << ": " << log.error().message;
    EXPECT_EQ(summary(**log), content(copy.path() / "expected.txt")) << version.path();
    const auto verified = (*log)->verify();
    EXPECT_TRUE(verified.has_value()) << verified.error().message;
    ++versions;
  }
  EXPECT_EQ(versions, 1U) << "one golden log for each version of the format";
}

}  // namespace
}  // namespace refold::log
