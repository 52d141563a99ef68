#include "core/ingest/backfill/backfill.h"

#include <simdjson.h>

#include <fstream>
#include <sstream>

#include "core/ingest/backfill/host_finder.h"
#include "tests/ingest/pds_capture.h"
#include "tests/support/fake_repo_host.h"

namespace refold::ingest {
namespace {

using testing::data_folder;
using testing::FakeRepoHost;

std::filesystem::path captured() { return data_folder() / "pds-capture"; }
/// Frames that the first repos were taken behind.
constexpr std::size_t frames_of_first_half = 3958;

/// Serves the CARs below a folder of the capture.
void serve(const std::map<std::string, std::string>& files, const std::string& below,
           FakeRepoHost& host) {
  for (const auto& [name, car] : files) {
    if (!name.starts_with(below) || !name.ends_with(".car")) continue;
    std::string did = name.substr(name.rfind('/') + 1);
    did.resize(did.size() - 4);
    std::replace(did.begin(), did.end(), '_', ':');
    host.put(did, car);
  }
}

BackfillStatus backfill_into(CaptureLog& log, const FakeRepoHost& host) {
  BackfillOptions options;
  options.folder = log.folder / "data" / "backfill";
  options.host = host.url();
  options.asker.peer.private_addresses = true;
  const auto backfill = Backfill::start(*log.recorder, options).value();
  while (!backfill->wait(std::chrono::milliseconds(1000))) continue;
  EXPECT_FALSE(backfill->trouble().has_value());
  return backfill->status();
}

/// Reads the DID documents of a file, a line each; how many there are.
std::uint64_t read_documents(const std::string& lines, const char* key) {
  Drops drops;
  std::uint64_t documents = 0;
  std::istringstream text(lines);
  for (std::string line; std::getline(text, line); ++documents) {
    simdjson::dom::parser parser;
    const simdjson::dom::element account = parser.parse(line);
    const std::string document = simdjson::minify(account[key].value());
    const auto host =
        host_in_document(std::string(std::string_view(account["did"])), bytes_of(document), drops);
    EXPECT_TRUE(host.has_value()) << document;
  }
  EXPECT_EQ(drops[Drop::old_document], documents) << "their directory has the old form";
  return documents;
}

TEST(CapturedDocuments, NameTheirHostsInTheOldForm) {
  std::ifstream shipped(std::filesystem::path(REFOLD_SOURCE_DIR) / "examples/data/dids.jsonl");
  std::stringstream lines;
  lines << shipped.rdbuf();
  EXPECT_EQ(read_documents(lines.str(), "document"), 30U);
  REFOLD_NEEDS_DATA(captured());
  const auto files =
      testing::files_of_tar(testing::unpacked(captured() / "repos-http-plc.tar.zst"));
  EXPECT_GT(read_documents(files.at("plc/plc.jsonl"), "doc"), 10U);
}

struct CapturedRepos : ::testing::TestWithParam<const char*> {};

TEST_P(CapturedRepos, FetchedBeforeBetweenOrAfterTheFramesEndInTheSameHeads) {
  REFOLD_NEEDS_DATA(captured());
  const PdsCapture capture(PdsCapture::frames_of(testing::unpacked(captured() / "pds0.frames.zst")),
                           "");
  const auto files =
      testing::files_of_tar(testing::unpacked(captured() / "repos-http-plc.tar.zst"));
  FakeRepoHost mid;
  FakeRepoHost final;
  mid.page_repos = final.page_repos = 7;
  serve(files, "repos-mid/", mid);
  serve(files, "repos-final/", final);
  const std::string order = GetParam();  // m: repos-mid, f: repos-final, 1 and 2: the frames
  CaptureLog log;
  std::uint64_t fetched = 0;
  for (const char step : order) {
    switch (step) {
      case 'm': fetched += backfill_into(log, mid).done; break;
      case 'f': fetched += backfill_into(log, final).done; break;
      case '1': log.take(capture, 0, frames_of_first_half); break;
      default: log.take(capture, frames_of_first_half, capture.frames().size());
    }
  }
  EXPECT_GT(fetched, 15U);
  CaptureLog frames_alone;
  frames_alone.take(capture, 0, capture.frames().size());
  EXPECT_EQ(log.living(), frames_alone.living());
  log.expect_nothing_twice();
  // Once more: all of it is known.
  EXPECT_EQ(backfill_into(log, final).outcome.appended, 0U);
}

INSTANTIATE_TEST_SUITE_P(Orders, CapturedRepos, ::testing::Values("fm12", "1m2f", "12f"));

}  // namespace
}  // namespace refold::ingest
