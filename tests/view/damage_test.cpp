#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "tests/view/fixture.h"

namespace refold::view {
namespace {

/// A view with every kind of page: branches, leaves, large rows, long keys, pages in no use.
struct Damage : ViewTest {
  std::string content;  ///< of the file, undamaged
  std::vector<TableStat> stats;
  std::size_t flipped = 0;

  Damage() {
    create();
    {
      Batch batch(*view);
      for (std::uint64_t seq = 1; seq <= 3; ++seq) {
        for (int key = 0; key < 3000; ++key) {
          put(batch, 0, "at://did:plc:abc/" + std::to_string(key), "row " + std::to_string(seq));
        }
        for (int key = 0; key < 40; ++key) {
          put(batch, 1, std::string(500, 'k') + std::to_string(key), std::string(700, 'l'));
          put(batch, 1, "large " + std::to_string(key), std::string(5000, 'r'));
        }
        commit(batch, seq);
      }
    }
    stats = view->stat().value().tables;
    view.reset();
    content = testing::content_of(file());
  }

  [[nodiscard]] std::filesystem::path file() const { return folder / "view.mdb"; }

  /// Changes one byte, and mends the one before.
  void flip(std::size_t at, std::uint8_t bits) {
    std::fstream out(file(), std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(flipped)).put(content[flipped]);
    flipped = at;
    out.seekp(static_cast<std::streamoff>(at));
    out.put(static_cast<char>(static_cast<std::uint8_t>(content[at]) ^ bits));
  }

  /// Recounts; the Error if there is one, also of opening.
  [[nodiscard]] Result<std::vector<TableStat>> recount() const {
    REFOLD_TRY(const auto reader, View::open_reader(folder, options));
    REFOLD_TRY(const Snapshot seen, Snapshot::open(*reader));
    return seen.recount();
  }

  /// The place of a text in a leaf page.
  [[nodiscard]] std::size_t place_of(const std::string& text) const {
    std::size_t at = content.find(text);
    while (at != std::string::npos && !in_leaf(at)) at = content.find(text, at + 1);
    EXPECT_NE(at, std::string::npos);
    return at;
  }
  [[nodiscard]] bool in_leaf(std::size_t at) const {
    return (static_cast<std::uint8_t>(content[at / 4096 * 4096 + 10]) & 2) != 0;
  }
};

TEST_F(Damage, ChangesNothingWhereNothingIs) { EXPECT_EQ(recount().value(), stats); }

TEST_F(Damage, OfARowIsFoundByItsTablesDigest) {
  // Older versions of pages are in no use: some copy of that row is in use.
  std::size_t found = 0;
  for (std::size_t at = content.find("row 3"); at != std::string::npos;
       at = content.find("row 3", at + 1)) {
    if (at % 7 != 0) continue;
    flip(at + 4, 1);
    const auto counted = recount();
    ASSERT_TRUE(counted.has_value()) << counted.error().message;
    EXPECT_EQ((*counted)[0].rows, stats[0].rows);
    EXPECT_EQ((*counted)[1], stats[1]);
    if ((*counted)[0] != stats[0]) ++found;
  }
  EXPECT_GT(found, 100U);
}

TEST_F(Damage, OfAKeyNamesTheTableAndTheKeyBefore) {
  std::size_t found = 0;
  for (std::size_t at = content.find("did:plc"); at != std::string::npos;
       at = content.find("did:plc", at + 1)) {
    if (at % 7 != 0) continue;
    flip(at, 0x40);
    const auto counted = recount();
    if (counted.has_value()) continue;
    EXPECT_EQ(counted.error().code, Errc::corrupt);
    EXPECT_THAT(counted.error().message, ::testing::HasSubstr("the table likes"));
    EXPECT_THAT(counted.error().message, ::testing::HasSubstr("out of order"));
    if (counted.error().message.find("behind the key \"at://did:plc:abc/") != std::string::npos) {
      ++found;
    }
  }
  EXPECT_GT(found, 100U);
}

TEST_F(Damage, OfALongKeyIsFoundByItsHash) {
  std::size_t found = 0;
  for (std::size_t at = content.find("kkkk1"); at != std::string::npos;
       at = content.find("kkkk1", at + 1)) {
    flip(at + 4, 8);
    const auto counted = recount();
    if (counted.has_value()) continue;
    EXPECT_THAT(counted.error().message, ::testing::HasSubstr("the table posts"));
    EXPECT_THAT(counted.error().message, ::testing::HasSubstr("no row of a view"));
    ++found;
  }
  EXPECT_GT(found, 5U);
}

TEST_F(Damage, OfAnyByteIsReportedOrHarmlessAndNeverTheEnd) {
  std::mt19937_64 random(42);
  std::size_t reported = 0;
  const bool headers[] = {false, true};
  for (const bool header : headers) {
    for (int round = 0; round < 400; ++round) {
      const std::size_t at = header ? random() % (content.size() / 4096) * 4096 + random() % 24
                                    : random() % content.size();
      flip(at, static_cast<std::uint8_t>(1U << random() % 8));
      const auto counted = recount();
      if (counted.has_error() || *counted != stats) ++reported;
    }
  }
  EXPECT_GT(reported, 200U);
}

TEST_F(Damage, OfAFileThatWasCutOffIsReported) {
  for (std::size_t pages = content.size() / 4096 - 20; pages > 10; pages -= 7) {
    std::ofstream(file(), std::ios::binary) << content.substr(0, pages * 4096);
    const auto counted = recount();
    EXPECT_TRUE(failed(counted, Errc::corrupt, "ends before")) << pages;
  }
}

TEST_F(Damage, OfTheCountIsReportedByTheNextCommit) {
  // The number of entries in the record of the table `likes`: the last one that is written.
  Bytes entries(8);
  store_le(entries.data(), std::uint64_t{3000});
  const std::string text(entries.begin(), entries.end());
  std::size_t changed = 0;
  std::string damaged = content;
  for (std::size_t at = damaged.find(text); at != std::string::npos;
       at = damaged.find(text, at + 1)) {
    damaged[at] = static_cast<char>(damaged[at] + 1);
    ++changed;
  }
  ASSERT_GT(changed, 0U);
  std::ofstream(file(), std::ios::binary) << damaged;
  EXPECT_TRUE(failed(recount(), Errc::corrupt, "3000 entries instead of 3001"));
  view = View::open_writer(folder, options).value();
  Batch batch(*view);
  put(batch, 0, "a", "1");
  EXPECT_TRUE(failed(batch.commit(at_seq(4)), Errc::corrupt, "3002 rows instead of 3001"));
}

}  // namespace
}  // namespace refold::view
