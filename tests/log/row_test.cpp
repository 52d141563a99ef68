#include "core/log/tail/row.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/log/limits.h"
#include "tests/support/events.h"

namespace refold::log {
namespace {

using namespace refold::testing;

Bytes row_of(const TestEvent& event) {
  const Event view = event.view();
  Bytes row(row_bytes(view));
  encode_row(view, row.data());
  return row;
}

/// The row of changed bytes, with a checksum that fits them: only the decoder's rules are left.
void sign(Bytes& row, Seq seq) { store_le(row.data(), checksum(ByteView(row).subspan(8), seq)); }

TEST(Row, EveryEventComesBackFieldByFieldFromExactlyItsBytes) {
  Seq seq = 0;
  for (TestEvent& event : random_events(5'000, 1)) {
    event.event.seq = ++seq;
    event.event.witness_us = static_cast<std::int64_t>(seq) * 1'000;
    const Bytes row = row_of(event);
    Event decoded;
    ASSERT_TRUE(decode_row(row, seq, decoded).value());
    ASSERT_TRUE(same(decoded, event.view())) << seq;
  }
}

TEST(Row, FieldsAtTheirLimitsComeBack) {
  TestEvent event = created(std::string(24, 'z'), "1");
  event.event.seq = 1;
  event.event.flags = 0xffff;
  event.event.order = 0xffff;
  event.event.rev.value = ~std::uint64_t{0};
  event.event.previous_seq = ~Seq{0};
  event.event.previous_state = PreviousState::unknown;
  event.event.upstream_seq = ~std::uint64_t{0};
  event.event.upstream_us = std::numeric_limits<std::int64_t>::min();
  event.event.witness_us = std::numeric_limits<std::int64_t>::max();
  event.source.assign(source_bytes_max, 's');
  event.did.assign(did_bytes_max, 'd');
  event.collection.assign(collection_bytes_max, 'c');
  event.rkey.assign(rkey_bytes_max, 'r');
  event.status.assign(status_bytes_max, 't');
  event.handle.assign(handle_bytes_max, 'h');
  event.record.assign(record_bytes_max, 1);
  event.previous_record.assign(record_bytes_max, 2);
  ASSERT_TRUE(check_event(event.view()).has_value());
  const Bytes row = row_of(event);
  Event decoded;
  ASSERT_TRUE(decode_row(row, 1, decoded).value());
  EXPECT_TRUE(same(decoded, event.view()));
}

TEST(Row, AFlippedBitAnywhereIsReportedWithTheSeqAndBothChecksums) {
  TestEvent event = updated("alice", "1", "hello").over(3, created("alice", "1"));
  event.event.seq = 4711;
  const Bytes row = row_of(event);
  for (std::size_t bit = 0; bit < 8 * row.size(); ++bit) {
    Bytes flipped = row;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    Event decoded;
    ASSERT_TRUE(failed(decode_row(flipped, 4711, decoded), Errc::corrupt,
                       "event 4711: checksum mismatch (stored "))
        << bit;
  }
}

TEST(Row, ARowUnderTheSeqOfAnotherEventIsNotBelieved) {
  TestEvent event = created("alice", "1");
  event.event.seq = 7;
  Event decoded;
  EXPECT_TRUE(failed(decode_row(row_of(event), 8, decoded), Errc::corrupt, "event 8: checksum"));
}

TEST(Row, AKindOfALaterVersionIsPassedOver) {
  TestEvent event = created("alice", "1");
  event.event.seq = 7;
  event.event.witness_us = 99;
  Bytes row = row_of(event);
  for (const int kind : {0, 8, 9, 255}) {
    row[16] = static_cast<std::uint8_t>(kind);
    sign(row, 7);
    Event decoded;
    EXPECT_FALSE(decode_row(row, 7, decoded).value());
    EXPECT_EQ(decoded.seq, 7U);
    EXPECT_EQ(decoded.witness_us, 99);
  }
}

TEST(Row, HostileBytesWithARightChecksumAreRefusedOrDecodedButNeverReadBeyond) {
  std::mt19937_64 random(5);
  const std::vector<TestEvent> events = random_events(50, 9);
  std::size_t malformed = 0;
  for (int round = 0; round < 50'000; ++round) {
    Bytes row = row_of(events[random() % events.size()]);
    for (int change = 0; change < 3; ++change) {
      row[8 + random() % (row.size() - 8)] = static_cast<std::uint8_t>(random());
    }
    row.resize(random() % 4 == 0 ? 8 + random() % (row.size() - 8) : row.size());
    row.shrink_to_fit();
    sign(row, 1);
    Event event;
    const auto decoded = decode_row(row, 1, event);
    malformed += decoded.has_error() ? 1 : 0;
    if (decoded.has_error() || !*decoded) continue;
    for (const ByteView view : {bytes_of(event.did), event.record, event.previous_record}) {
      if (view.empty()) continue;
      ASSERT_GE(view.data(), row.data());
      ASSERT_LE(view.data() + view.size(), row.data() + row.size());
    }
  }
  EXPECT_GT(malformed, 5'000U);
}

TEST(Row, EachLimitNamesTheFieldTheSizeAndTheLimit) {
  const auto refused = [](auto change, std::string_view sentence) {
    TestEvent event = created("alice", "1");
    change(event);
    return failed(check_event(event.view()), Errc::too_large, sentence);
  };
  EXPECT_TRUE(refused([](TestEvent& e) { e.did.assign(2049, 'd'); },
                      "did has 2049 bytes, the limit is 2048"));
  EXPECT_TRUE(refused([](TestEvent& e) { e.collection.assign(318, 'c'); },
                      "collection has 318 bytes, the limit is 317"));
  EXPECT_TRUE(refused([](TestEvent& e) { e.rkey.assign(513, 'r'); },
                      "rkey has 513 bytes, the limit is 512"));
  EXPECT_TRUE(refused([](TestEvent& e) { e.source.assign(65, 's'); },
                      "source has 65 bytes, the limit is 64"));
  EXPECT_TRUE(refused([](TestEvent& e) { e.previous_record.assign(1'048'577, 'p'); },
                      "previous_record has 1048577 bytes, the limit is 1048576"));
}

TEST(Row, ACreateHasItsRecordOrACidAndADeleteHasNeither) {
  TestEvent neither = created("alice", "1");
  neither.record.clear();
  EXPECT_TRUE(failed(check_event(neither.view()), Errc::invalid, "either its record or"));
  TestEvent both = created("alice", "1");
  both.stored_cid = atproto::cid_of(both.record);
  EXPECT_TRUE(failed(check_event(both.view()), Errc::invalid, "either its record or"));
  TestEvent tombstone = deleted("alice", "1");
  tombstone.record = both.record;
  EXPECT_TRUE(failed(check_event(tombstone.view()), Errc::invalid, "only a create or an update"));
}

}  // namespace
}  // namespace refold::log
