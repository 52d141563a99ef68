#include "core/log/segment/segment.h"
#include "core/log/segment/impl.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "core/log/chain.h"
#include "core/log/limits.h"
#include "tests/support/events.h"
#include "tests/support/random_events.h"
#include "tests/support/sanitized.h"
#include "tests/support/temp_folder.h"

namespace refold::log {
namespace {

using ::testing::HasSubstr;

/// A segment of random events, and the events.
class SegmentTest : public ::testing::Test {
 protected:
  void write(std::size_t events, std::uint64_t seed = 1) {
    refold::testing::RandomEvents(seed).fill(page_, 1, events);
    write_page();
  }

  /// One tiny event again and again: a small file with every kind of part.
  void write_small() {
    for (Seq seq = 1; seq <= chunk_events; ++seq) {
      Event event;
      event.seq = seq;
      event.witness_us = 1'790'000'000'000'000;
      event.source = "test";
      event.did = seq % 2 == 0 ? "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa" : "did:web:x";
      event.collection = seq % 64 == 0 ? "a.b.rare" : "a.b.c";
      event.rkey = "self";
      event.record = seq % 512 == 0 ? record_ : ByteView{};
      page_.events.push_back(event);
    }
    write_page();
  }

  /// Events whose names are all different, as a hostile network might send them.
  void write_names(std::uint64_t events, std::string_view did_tail, bool many_collections,
                   bool whole = false) {
    for (Seq seq = 1; seq <= events; ++seq) {
      Event event;
      event.seq = seq;
      event.source = "test";
      const std::string number = std::to_string(seq);
      event.did =
          page_.arena.copy("did:web:" + (did_tail.empty() ? "x" : number) + std::string(did_tail));
      event.collection = page_.arena.copy(many_collections ? "a.b.c" + number : "a.b.c");
      event.rkey = "self";
      page_.events.push_back(event);
    }
    write_page(whole);
  }

  void write_page(bool whole = false) {
    SegmentPlan plan;
    plan.whole = whole;
    plan.log_id = id_;
    plan.last = page_.events.size();
    plan.first = 1;
    info_ = write_segment(folder_.path(), plan, source()).value();
  }

  EventRange source() const {
    return [this](Seq first, Seq last, const EventVisitor& visit) -> Result<void> {
      for (Seq seq = first; seq <= last; ++seq) REFOLD_CHECK(visit(page_.events[seq - 1]));
      return ok();
    };
  }

  Result<std::shared_ptr<const Segment>> open() const {
    return Segment::open(folder_.path(), id_, info_, ".new");
  }

  std::filesystem::path path() const {
    return folder_.path() / (segment_file_name(info_) + ".new");
  }

  /// Everything the filter lets through; stops at the first Error.
  Result<Page> read(const Filter& filter, Seq from = 1, ReadAhead ahead = ReadAhead::no) const {
    REFOLD_TRY(const auto segment, open());
    SegmentCursor cursor(segment, Matcher::make(filter).value(), ahead);
    Page all;
    Page page;
    page.next = from;
    while (page.next <= info_.last) {
      page.clear();
      const Seq before = page.next;
      REFOLD_CHECK(cursor.read(page));
      EXPECT_GT(page.next, before) << "a page must move on";
      for (const Event& event : page.events) add_copy(all, event);
    }
    return all;
  }

  void expect_like_brute_force(const Filter& filter, Seq from = 1) const {
    const Matcher matcher = Matcher::make(filter).value();
    for (const ReadAhead ahead : {ReadAhead::no, ReadAhead::yes}) {
      const Page found = read(filter, from, ahead).value();
      std::size_t i = 0;
      for (const Event& event : page_.events) {
        if (event.seq < from || !matcher.wants(event)) continue;
        ASSERT_LT(i, found.events.size());
        ASSERT_TRUE(same(found.events[i], event)) << "seq " << event.seq;
        ++i;
      }
      EXPECT_EQ(i, found.events.size());
    }
  }

  const LogId id_{1, 2, 3};
  const Bytes record_ = refold::testing::record_of("a.b.c", "hello");
  refold::testing::TempFolder folder_;
  Page page_;
  SegmentInfo info_;
};

TEST_F(SegmentTest, EveryFieldOfEveryEventComesBack) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    page_.clear();
    write(3 * chunk_events, seed);
    expect_like_brute_force({.history = true});
  }
}

TEST_F(SegmentTest, MoreThanABlockComesBack) {
  write(block_events + 2 * chunk_events);
  expect_like_brute_force({.history = true});
  expect_like_brute_force({.collections = {"com.example.rare"}, .history = true}, block_events - 5);
}

TEST_F(SegmentTest, FiltersGiveWhatBruteForceGives) {
  write(4 * chunk_events);
  expect_like_brute_force({});
  expect_like_brute_force({.collections = {"com.example.rare"}});
  expect_like_brute_force({.collections = {"com.example.*"}, .history = true});
  expect_like_brute_force({.dids = {std::string(page_.events[77].did), "did:web:nobody"}});
  expect_like_brute_force({.kinds = {Kind::identity, Kind::remove}, .history = true});
  expect_like_brute_force({.collections = {"app.bsky.feed.like"},
                           .dids = {std::string(page_.events[77].did)},
                           .history = true});
}

TEST_F(SegmentTest, ReadingMayStartAnywhere) {
  write(2 * chunk_events);
  for (const Seq from : {Seq{2}, Seq{4095}, Seq{4096}, Seq{4097}, Seq{6000}, Seq{8192}}) {
    expect_like_brute_force({.history = true}, from);
    expect_like_brute_force({.collections = {"com.example.rare"}, .history = true}, from);
  }
}

TEST_F(SegmentTest, AReaderAheadMayJump) {
  write(3 * chunk_events);
  SegmentCursor cursor(open().value(), Matcher::make({.history = true}).value(), ReadAhead::yes);
  std::mt19937_64 random(1);
  Page page;
  for (int i = 0; i < 60; ++i) {
    page.clear();
    if (i % 3 != 2) page.next = 1 + random() % info_.last;  // else on from where it is
    if (page.next > info_.last) page.next = 1;
    const Seq from = page.next;
    ASSERT_TRUE(cursor.read(page).has_value());
    ASSERT_EQ(page.events.size(), page.next - from);
    for (std::size_t k = 0; k < page.events.size(); ++k) {
      ASSERT_TRUE(same(page.events[k], page_.events[from - 1 + k])) << from + k;
    }
  }
}

TEST_F(SegmentTest, ItEndsWhereTheNamesOfActorsAreTooMuchForIt) {
  write_names(3 * chunk_events, std::string(2'030, 'a'), false);
  EXPECT_EQ(info_.last, 2 * chunk_events);
  page_.events.resize(info_.last);
  expect_like_brute_force({.history = true});
}

TEST_F(SegmentTest, ItEndsWhereCollectionsAreTooManyForIt) {
  write_names(6 * chunk_events, "", true);
  EXPECT_EQ(info_.last, 5 * chunk_events);
  page_.events.resize(info_.last);
  expect_like_brute_force({.history = true}, info_.last - 10);
}

TEST_F(SegmentTest, OneThatTakesThePlaceOfAnotherReachesAsFar) {
  write_names(3 * chunk_events, std::string(2'030, 'a'), false, true);
  EXPECT_EQ(info_.last, 3 * chunk_events);
  expect_like_brute_force({.history = true}, info_.last - 10);
}

TEST_F(SegmentTest, AReaderThatFailedAndGoesElsewhereReadsWhatIsThere) {
  refold::testing::RandomEvents(1).fill(page_, 1, 2 * chunk_events);
  for (Event& event : page_.events) {
    event.collection = event.seq == 3'000 || event.seq == 5'000 ? "a.b.rare" : "a.b.c";
  }
  write_page();
  const auto segment = open().value();
  const auto& rare = segment->impl().directory.blocks[0].groups[1].frames[0];
  ASSERT_EQ(rare.events, 2U);
  const int file = ::open(path().c_str(), O_RDWR);
  ASSERT_EQ(::pwrite(file, "?", 1, static_cast<off_t>(rare.extent.offset + 1)), 1);
  ::close(file);

  SegmentCursor cursor(segment, Matcher::make({.history = true}).value());
  const auto read_at = [&](Seq from) {
    Page page;
    page.next = from;
    const bool read = cursor.read(page).has_value();
    for (const Event& event : page.events) {
      EXPECT_TRUE(same(event, page_.events[event.seq - 1])) << "seq " << event.seq;
    }
    return read;
  };
  EXPECT_TRUE(read_at(1));
  EXPECT_FALSE(read_at(4'000)) << "the other group stands there already";
  EXPECT_TRUE(read_at(page_events_max + 1));
}

TEST_F(SegmentTest, PointReadsGiveTheSameEvents) {
  write(2 * chunk_events);
  const auto segment = open().value();
  FrameCache cache(std::size_t{1} << 20);
  Page page;
  for (Seq seq = 1; seq <= info_.last; seq += 13) {
    page.clear();
    ASSERT_TRUE(cache.get(segment, seq, page).has_value());
    ASSERT_TRUE(same(page.events.at(0), page_.events[seq - 1])) << seq;
  }
}

TEST_F(SegmentTest, TheChainIsTheOneOfTheEvents) {
  write(2 * chunk_events);
  ChainDigest first(Sha256Digest{});
  for (std::size_t i = 0; i < chunk_events; ++i) first.add(page_.events[i]);
  const Sha256Digest after_first = first.finish();
  ChainDigest second(after_first);
  for (std::size_t i = chunk_events; i < 2 * chunk_events; ++i) second.add(page_.events[i]);
  const auto segment = open().value();
  EXPECT_EQ(segment->chain(), (std::vector{after_first, second.finish()}));
  EXPECT_EQ(info_.chain, segment->chain().back());
}

TEST_F(SegmentTest, WitnessTimesAreFound) {
  write(3 * chunk_events);
  const auto segment = open().value();
  for (Seq seq = 1; seq <= info_.last; seq += 501) {
    const std::int64_t time = page_.events[seq - 1].witness_us;
    Seq expected = seq;
    while (expected > 1 && page_.events[expected - 2].witness_us >= time) --expected;
    EXPECT_EQ(segment->first_witnessed_at(time).value(), expected);
  }
  EXPECT_EQ(segment->first_witnessed_at(page_.events.back().witness_us + 1).value(),
            info_.last + 1);
  EXPECT_EQ(segment->first_witnessed_at(0).value(), 1U);
}

TEST_F(SegmentTest, AnotherLogsSegmentIsRefused) {
  write_small();
  const auto refused = Segment::open(folder_.path(), LogId{9}, info_, ".new");
  ASSERT_TRUE(refused.has_error());
  EXPECT_THAT(refused.error().message, HasSubstr("belongs to another log"));
}

TEST_F(SegmentTest, ANewerVersionIsRefusedByName) {
  write_small();
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  Bytes header(64);
  file.read(reinterpret_cast<char*>(header.data()), 64);
  header[16] = 2;
  store_le(header.data() + 56, checksum(ByteView(header).first(56)));
  file.seekp(0);
  file.write(reinterpret_cast<const char*>(header.data()), 64);
  file.close();
  const auto refused = open();
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, Errc::newer_format);
  EXPECT_THAT(refused.error().message, HasSubstr("format version 2"));
}

TEST_F(SegmentTest, AnErrorOfTheEventsLeavesNoFile) {
  SegmentPlan plan;
  plan.first = 1;
  plan.last = chunk_events;
  const auto failed = write_segment(folder_.path(), plan, [](Seq, Seq, const EventVisitor&) {
    return Result<void>(Error{Errc::corrupt, "row 7"});
  });
  ASSERT_TRUE(failed.has_error());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SegmentTest, EveryFlippedByteIsReported) {
  write_small();
  const int file = ::open(path().c_str(), O_RDWR);
  ASSERT_GE(file, 0);
  constexpr std::uint64_t step = refold::testing::sanitized ? 17 : 1;  // coprime with 16
  for (std::uint64_t at = 0; at < info_.file_bytes; at += step) {
    std::uint8_t byte = 0;
    ASSERT_EQ(::pread(file, &byte, 1, static_cast<off_t>(at)), 1);
    const auto flipped = static_cast<std::uint8_t>(byte ^ (1U << (at % 8)));
    ASSERT_EQ(::pwrite(file, &flipped, 1, static_cast<off_t>(at)), 1);
    const auto found = read({.history = true});
    EXPECT_TRUE(found.has_error()) << "byte " << at << " of " << info_.file_bytes;
    if (at % 16 == 0) {
      EXPECT_TRUE(read({.history = true}, 1, ReadAhead::yes).has_error()) << at;
    }
    if (found.has_error() && found.error().code == Errc::corrupt) {
      EXPECT_THAT(found.error().message, HasSubstr(".seg"));
    }
    ASSERT_EQ(::pwrite(file, &byte, 1, static_cast<off_t>(at)), 1);
  }
  EXPECT_TRUE(read({.history = true}).has_value()) << "the file was left as it was";
  ::close(file);
}

TEST_F(SegmentTest, EveryTruncationIsReported) {
  write_small();
  const std::uint64_t size = info_.file_bytes;
  for (std::uint64_t left = 0; left < size; left += 97) {
    const auto copy = folder_.path() / "copy";
    std::filesystem::copy_file(path(), copy, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(path(), left);
    EXPECT_TRUE(read({.history = true}).has_error()) << left;
    std::filesystem::rename(copy, path());
  }
}

}  // namespace
}  // namespace refold::log
