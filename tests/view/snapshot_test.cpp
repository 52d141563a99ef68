#include <atomic>
#include <thread>

#include "tests/support/child.h"
#include "tests/view/fixture.h"

namespace refold::view {
namespace {

using testing::Channel;
using testing::Child;

constexpr int keys = 300;

/// Gives every row the text of `seq`, and the checkpoint that seq.
void write_round(Batch& batch, std::uint64_t seq) {
  for (int key = 0; key < keys; ++key) {
    put(batch, static_cast<std::uint32_t>(key % 2), "key " + std::to_string(key),
        std::to_string(seq));
  }
  commit(batch, seq);
}

/// Every row and the checkpoint are of one commit. Returns its seq.
std::uint64_t expect_one_moment(const View& view) {
  const Snapshot seen = Snapshot::open(view).value();
  const std::uint64_t seq = seen.checkpoint().seq;
  EXPECT_EQ(seen.checkpoint(), at_seq(seq));
  Model model{{}, {}};
  for (std::uint32_t table = 0; table < 2; ++table) {
    for (const auto& [key, row] : rows_of(seen, table)) {
      EXPECT_EQ(row, std::to_string(seq)) << key;
      model[table][key] = row;
    }
    EXPECT_EQ(model[table].size(), seq == 0 ? 0U : keys / 2);
  }
  EXPECT_EQ(seen.stat().tables, stats_of(model, view.tables()));
  return seq;
}

TEST_F(ViewTest, SnapshotsOfOtherThreadsShowOneCommitEachWhileTheNextAreMade) {
  create();
  std::atomic<bool> over{false};
  std::vector<std::thread> readers;
  std::atomic<int> rounds{0};
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&] {
      std::uint64_t seq = 0;
      while (!over && !::testing::Test::HasFailure()) {
        const std::uint64_t seen = expect_one_moment(*view);
        EXPECT_GE(seen, seq);
        seq = seen;
        ++rounds;
      }
    });
  }
  Batch batch(*view);
  for (std::uint64_t seq = 1; seq <= 150 || rounds < 20; ++seq) write_round(batch, seq);
  over = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(ViewTest, SnapshotsOfOtherProcessesShowOneCommitEachWhileTheNextAreMade) {
  create();
  view.reset();
  Child writer([&](const Channel& parent) {
    const auto writing = View::open_writer(folder, options).value();
    Batch batch(*writing);
    (void)parent.hear();
    for (std::uint64_t seq = 1; seq <= 200; ++seq) write_round(batch, seq);
  });
  const auto reader = View::open_reader(folder, options).value();
  writer.channel().say();
  std::uint64_t seq = 0;
  while (seq < 200 && !HasFailure()) {
    const std::uint64_t seen = expect_one_moment(*reader);
    ASSERT_GE(seen, seq);
    seq = seen;
  }
  EXPECT_EQ(writer.wait(), 0);
}

TEST_F(ViewTest, AReaderCanBeOpenedAtAnyMomentOfAWriter) {
  create();
  view.reset();
  Child writer([&](const Channel& parent) {
    const auto writing = View::open_writer(folder, options).value();
    Batch batch(*writing);
    parent.say();
    for (std::uint64_t seq = 1; seq <= 300; ++seq) write_round(batch, seq);
  });
  (void)writer.channel().hear();
  std::uint64_t seq = 0;
  while (seq < 300 && !HasFailure()) {
    const auto reader = View::open_reader(folder, options);
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    seq = expect_one_moment(**reader);
  }
  EXPECT_EQ(writer.wait(), 0);
}

TEST_F(ViewTest, TheSlotOfAReaderThatWasKilledIsFreedByTheNextCommits) {
  create();
  {
    Batch batch(*view);
    write_round(batch, 1);
  }
  view.reset();
  Child reader([&](const Channel& parent) {
    const auto reading = View::open_reader(folder, options).value();
    const Snapshot pinned = Snapshot::open(*reading).value();
    parent.say();
    (void)parent.hear();
  });
  (void)reader.channel().hear();
  view = View::open_writer(folder, options).value();
  Batch batch(*view);
  reader.kill(SIGKILL);
  EXPECT_TRUE(testing::was_killed(reader.wait()));
  for (std::uint64_t seq = 2; seq < 10; ++seq) write_round(batch, seq);
  const std::uint64_t before = view->stat().value().file_bytes;
  for (std::uint64_t seq = 10; seq < 200; ++seq) write_round(batch, seq);
  EXPECT_LE(view->stat().value().file_bytes, before + 65'536);
}

TEST_F(ViewTest, ARecountNeedsTheCommitBeforeTheLastAtMost) {
  create();
  Batch batch(*view);
  write_round(batch, 1);
  const Snapshot seen = snapshot();
  EXPECT_EQ(seen.recount().value(), seen.stat().tables);
  write_round(batch, 2);
  EXPECT_EQ(seen.recount().value(), seen.stat().tables);
  write_round(batch, 3);
  EXPECT_TRUE(failed(seen.recount(), Errc::busy, "open another one"));
}

TEST_F(ViewTest, AThousandSnapshotsCanBeOpenAndThenOneIsRefusedUntilOneIsClosed) {
  create();
  std::vector<Snapshot> open;
  for (int count = 0; count < 1024; ++count) open.push_back(snapshot());
  EXPECT_TRUE(failed(Snapshot::open(*view), Errc::busy, "1024 snapshots are open"));
  open.pop_back();
  EXPECT_TRUE(Snapshot::open(*view).has_value());
}

TEST_F(ViewTest, ASnapshotRefusesTablesThatAreNotThereAndHasNoSuchRows) {
  create();
  const Snapshot seen = snapshot();
  ByteView row;
  EXPECT_EQ(seen.get(2, bytes_of("a"), row), Row::failed);
  EXPECT_EQ(seen.error().code, Errc::invalid);
  EXPECT_EQ(seen.scan(2, {}, [](ByteView, ByteView) { return true; }), Row::failed);
  EXPECT_EQ(row_of(seen, 0, ""), "(none)");
  EXPECT_EQ(row_of(seen, 0, std::string(key_bytes_max + 1, 'k')), "(none)");
}

}  // namespace
}  // namespace refold::view
