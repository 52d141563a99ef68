#include <random>

#include "tests/view/fixture.h"

namespace refold::view {
namespace {

/// Random operations, against a map.
struct Player {
  explicit Player(std::uint64_t seed) : random(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }

  /// Few enough that most are met again; every length at which something changes; bytes of any
  /// value; many that share 472 bytes and more.
  std::string key() {
    static const std::size_t lengths[] = {1,   2,   8,   40,  471, 472, 473,
                                          474, 488, 489, 511, 600, 8192};
    std::string made(lengths[below(std::size(lengths))], chance(50) ? 'a' : '\xff');
    const std::size_t changed = 1 + below(2);
    for (std::size_t times = 0; times < changed; ++times) {
      const std::size_t at = chance(50)
                                 ? made.size() - 1 - below(std::min<std::size_t>(made.size(), 3))
                                 : below(made.size());
      made[at] = static_cast<char>("\0\1ab\xfe\xff"[below(6)]);
    }
    return made;
  }

  std::string row() {
    static const std::size_t lengths[] = {0, 1, 8, 8, 8, 30, 100, 2000, 5000, 20'000};
    return std::string(lengths[below(std::size(lengths))], static_cast<char>('a' + below(26)));
  }

  std::mt19937_64 random;
};

KeyedRows expected(const std::map<std::string, std::string>& table, const Range& range) {
  KeyedRows rows;
  for (const auto& [key, row] : table) {
    if (key >= text_of(range.from) && (range.until.empty() || key < text_of(range.until))) {
      rows.emplace_back(key, row);
    }
  }
  if (range.backwards) std::reverse(rows.begin(), rows.end());
  return rows;
}

struct ModelTest : ViewTest, ::testing::WithParamInterface<int> {
  Player player{static_cast<std::uint64_t>(GetParam())};
  Model committed{{}, {}};
  Model current{{}, {}};
  std::uint64_t seq = 0;
  std::vector<std::string> known{"a"};

  std::string some_key() {
    if (player.chance(60)) return known[player.below(known.size())];
    known.push_back(player.key());
    return known.back();
  }

  template <class Source>
  void expect_same_scan(Source& source, const Model& model) {
    const std::string from = player.chance(30) ? "" : some_key();
    const std::string until = player.chance(30) ? "" : some_key();
    const auto table = static_cast<std::uint32_t>(player.below(2));
    const Range range{bytes_of(from), bytes_of(until), player.chance(50)};
    const KeyedRows all = expected(model[table], range);
    ASSERT_EQ(rows_of(source, table, range), all);
    // A visitor that has enough early.
    const std::size_t enough = player.below(4);
    KeyedRows some;
    const Row outcome = source.scan(table, range, [&](ByteView key, ByteView row) {
      some.emplace_back(text_of(key), text_of(row));
      return some.size() < enough;
    });
    ASSERT_EQ(outcome, Row::found);
    ASSERT_EQ(some.size(), std::min(all.size(), std::max<std::size_t>(enough, 1)));
    ASSERT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
  }

  template <class Source>
  void expect_same_row(Source& source, const Model& model) {
    const std::string key = some_key();
    const auto table = static_cast<std::uint32_t>(player.below(2));
    const auto found = model[table].find(key);
    ASSERT_EQ(row_of(source, table, key), found == model[table].end() ? "(none)" : found->second);
  }

  void write(Batch& batch) {
    const std::string key = some_key();
    const auto table = static_cast<std::uint32_t>(player.below(2));
    if (player.chance(70)) {
      const std::string row = player.row();
      put(batch, table, key, row);
      current[table][key] = row;
    } else {
      remove(batch, table, key);
      current[table].erase(key);
    }
  }

  void end(Batch& batch) {
    if (player.chance(20)) {
      batch.discard();
      current = committed;
      return;
    }
    commit(batch, ++seq);
    committed = current;
    const Snapshot seen = snapshot();
    expect_same_scan(seen, committed);
    expect_same_row(seen, committed);
    if (player.chance(10)) expect_holds(*view, committed, seq);
  }

  /// What goes on meanwhile is on top of it, and whatever becomes of that, this is committed.
  void begin(Batch& batch) {
    begin_commit(batch, ++seq);
    committed = current;
    if (player.chance(30)) finish(batch);
  }

  void play_until_reopened() {
    Batch batch(*view);
    while (!player.chance(1) && !HasFatalFailure()) {
      const std::uint64_t what = player.below(100);
      if (what < 70) {
        write(batch);
      } else if (what < 80) {
        expect_same_row(batch, current);
      } else if (what < 88) {
        expect_same_scan(batch, current);
      } else if (what < 91) {
        end(batch);
      } else if (what < 94) {
        begin(batch);
      }
    }
    current = committed;
  }
};

TEST_P(ModelTest, AViewHoldsWhatAMapWould) {
  create();
  for (int round = 0; round < 12 && !HasFatalFailure(); ++round) {
    play_until_reopened();
    reopen();
    expect_holds(*view, committed, seq);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ModelTest, ::testing::Range(1, 13));

}  // namespace
}  // namespace refold::view
