#include "core/projection/catalog.h"

#include <lmdb.h>

#include <fstream>

#include "tests/projection/fixture.h"

namespace refold::projection {
namespace {

ProjectionRecord full_record() {
  ProjectionRecord record;
  record.name = "likes";
  record.current = 3;
  record.next = 9;
  record.switches = 4;
  record.paused = record.keep_warm = true;
  GenerationRecord one;
  one.number = 3;
  one.state = State::live;
  one.code = {"plugin", "plugin-0a-1.so", "likes", "1.2", 7};
  one.options = {{"a", "1"}, {"b", ""}};
  one.failure = Failure{12, "at://did/c/r", "why", "1.2", 99};
  one.skip = {5, 6};
  record.generations.push_back(one);
  one.number = 8;
  one.state = State::detached;
  one.hold = one.returning = true;
  one.slice = {{"app.bsky.*"}, {"did:plc:a"}};
  one.until = 1000;
  one.retired = 2;
  one.created_us = -1;
  one.failure.reset();
  record.generations.push_back(one);
  return record;
}

TEST(Records, AreReadAsTheyWereWritten) {
  const ProjectionRecord record = full_record();
  EXPECT_EQ(good(decode_projection("likes", encode(record))), record);
  const RefusalRecord refusal{"0a0b", "/x/y.so", "crashed", 17};
  EXPECT_EQ(good(decode_refusal("0a0b", encode(refusal))), refusal);
}

TEST(Records, AnythingElseIsCorrupt) {
  const Bytes whole = encode(full_record());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const ByteView part = ByteView(whole).first(size);
    EXPECT_TRUE(failed(decode_projection("likes", part), Errc::corrupt, "likes")) << size;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_TRUE(failed(decode_projection("likes", longer), Errc::corrupt, "likes"));
  ProjectionRecord dangling = full_record();
  dangling.current = 4;
  EXPECT_TRUE(failed(decode_projection("likes", encode(dangling)), Errc::corrupt, "likes"));
}

struct CatalogTest : ::testing::Test {
  TempFolder folder;
  std::unique_ptr<Catalog> catalog = good(Catalog::open(folder.path()));
  void reopen() {
    catalog.reset();
    catalog = good(Catalog::open(folder.path()));
  }
};

TEST_F(CatalogTest, KeepsWhatItIsTold) {
  good(catalog->put(full_record()));
  good(catalog->put(RefusalRecord{"0a0b", "/x/y.so", "crashed", 17}));
  reopen();
  auto contents = good(catalog->contents());
  ASSERT_EQ(contents.projections.size(), 1U);
  EXPECT_EQ(contents.projections[0], full_record());
  EXPECT_EQ(contents.refusals.size(), 1U);
  good(catalog->remove_projection("likes"));
  good(catalog->remove_projection("likes"));
  good(catalog->remove_refusal("0a0b"));
  contents = good(catalog->contents());
  EXPECT_TRUE(contents.projections.empty());
  EXPECT_TRUE(contents.refusals.empty());
}

TEST_F(CatalogTest, TakesNothingThatItCouldNotReadAgain) {
  good(catalog->put(full_record()));
  ProjectionRecord large = full_record();
  large.generations[1].slice.dids.assign(100'001, "did:plc:a");
  EXPECT_TRUE(failed(catalog->put(large), Errc::too_large, "'likes'"));
  reopen();
  EXPECT_EQ(good(catalog->contents()).projections[0], full_record());
}

TEST_F(CatalogTest, HasOneOwner) {
  EXPECT_TRUE(failed(Catalog::open(folder.path()), Errc::busy, "pid"));
}

TEST_F(CatalogTest, AChangedRecordIsFoundOut) {
  good(catalog->put(full_record()));
  catalog.reset();
  const auto file = folder / "catalog" / "catalog.mdb";
  std::string bytes = content_of(file);
  const auto place = bytes.find("at://did/c/r");
  ASSERT_NE(place, std::string::npos);
  bytes[place] = 'X';
  std::ofstream(file, std::ios::binary) << bytes;
  EXPECT_TRUE(failed(Catalog::read(folder.path()), Errc::corrupt, "projection likes"));
}

TEST_F(CatalogTest, ThatThereIsNoneIsNoError) {
  const TempFolder other;
  EXPECT_TRUE(good(Catalog::read(other.path())).projections.empty());
}

}  // namespace
}  // namespace refold::projection
