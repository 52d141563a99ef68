#include "tests/index/model.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/index/fixture.h"
#include "tests/support/sanitized.h"

namespace refold::index {
namespace {

using log::Kind;

constexpr std::string_view collections[] = {like, like, like, post, follow, "org.example.rare"};
constexpr std::size_t users = 6;

/// Seeded operations against a recorder and a model of it, compared as they go.
struct ModelTest : RecorderTest {
  std::mt19937_64 random;
  Model model;
  std::vector<TestDraft> sent;  ///< everything that a source ever sent, in order
  std::uint64_t clock = 1;
  std::uint64_t upstream = 1;
  std::int64_t last_read_us = 0;

  std::uint64_t below(std::uint64_t bound) { return random() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }
  std::string who() { return "user" + std::string(1, static_cast<char>('a' + below(users))); }
  std::string_view collection() { return collections[below(std::size(collections))]; }

  TestDraft record_draft() {
    const std::uint64_t now = chance(10) ? 1 + below(clock) : ++clock;
    const std::string rkey = chance(1) ? "a/b" : std::to_string(below(60));
    const std::string text = "t" + std::to_string(below(12)) + std::string(below(9) * 20, '.');
    TestDraft made = create(who(), rkey, now, text, collection());
    if (chance(30)) made.draft.kind = Kind::update;
    if (chance(20)) made = remove(made.did.substr(8, 5), rkey, now, made.collection);
    if (chance(30)) made.draft.order = static_cast<std::uint16_t>(below(3));
    if (chance(50)) made.draft.flags = log::flag::live;
    if (made.draft.kind != Kind::remove) refuse_some(made);
    if (chance(1)) made.draft.rev = rev(2'000'000'000);
    return made;
  }

  void refuse_some(TestDraft& made) {
    switch (below(30)) {
      case 0: made = made.without_payload(); break;
      case 1: made.record.push_back(0); break;
      case 2:
        made.record = {0xa1, 0x61};
        made.draft.cid = atproto::cid_of(made.record);
        break;
      case 3:
        if (chance(20)) made.draft.cid.reset();
        break;
      default: break;
    }
  }

  TestDraft notice_draft() {
    const std::uint64_t number = chance(20) ? 1 + below(upstream) : ++upstream;
    const auto us = static_cast<std::int64_t>(number * 1'000);
    if (chance(50))
      return handle_is(who(), "h" + std::to_string(below(5)) + ".example", number, us);
    const std::string status = chance(40) ? "" : chance(80) ? "deactivated" : "deleted";
    return account_is(who(), status, number, us);
  }

  /// A batch: news, with now and then several versions in one commit, or a replay.
  std::vector<TestDraft> batch() {
    std::vector<TestDraft> drafts;
    if (chance(15) && !sent.empty()) {
      const std::size_t from = below(sent.size());
      const std::size_t to = std::min<std::size_t>(sent.size(), from + 1 + below(80));
      drafts.assign(sent.begin() + static_cast<std::ptrdiff_t>(from),
                    sent.begin() + static_cast<std::ptrdiff_t>(to));
      return drafts;
    }
    for (std::uint64_t left = 1 + below(chance(20) ? 300 : 20); left > 0; --left) {
      drafts.push_back(chance(2) ? notice_draft() : record_draft());
      if (chance(8) && log::is_record(drafts.back().draft.kind)) {
        TestDraft next = drafts.back();
        if (chance(80)) next.draft.kind = Kind::update;
        if (next.draft.cid) {
          next.record = record_of(next.collection, "again " + std::to_string(below(5)));
          next.draft.cid = atproto::cid_of(next.record);
          next.draft.missing = log::Missing::no;
        } else {
          next.draft.kind = Kind::remove;
        }
        if (next.draft.order) ++*next.draft.order;
        drafts.push_back(next);
      }
    }
    // What was missing may be fetched.
    if (chance(30)) {
      for (TestDraft& draft : fetched()) drafts.push_back(std::move(draft));
    }
    sent.insert(sent.end(), drafts.begin(), drafts.end());
    return drafts;
  }

  std::vector<TestDraft> fetched() {
    std::vector<TestDraft> found;
    for (const TestDraft& draft : sent) {
      if (draft.draft.missing != log::Missing::not_sent || !chance(5)) continue;
      for (int text = 0; text < 12; ++text) {
        for (std::size_t dots = 0; dots < 9; ++dots) {
          const Bytes record =
              record_of(draft.collection, "t" + std::to_string(text) + std::string(dots * 20, '.'));
          if (atproto::cid_of(record) != draft.draft.cid) continue;
          found.push_back(draft.sending(record));
          found.back().draft.missing = log::Missing::no;
        }
      }
    }
    return found;
  }

  void record_batch() {
    const std::vector<TestDraft> drafts = batch();
    const std::string source = chance(50) ? "relay" : "jetstream";
    const Outcome expected = model.record(drafts, source);
    const Outcome found = record(drafts, source);
    ASSERT_EQ(found.appended, expected.appended);
    ASSERT_EQ(found.known, expected.known);
    ASSERT_EQ(found.late, expected.late);
    ASSERT_EQ(found.missing, expected.missing);
    ASSERT_EQ(found.refused_total(), expected.refused_total());
    ASSERT_EQ(found.last, expected.last);
  }

  void redact_something() {
    Recorder::Redaction what{did_of(who()), {}, {}};
    if (chance(80)) what.collection = collection();
    if (what.collection && chance(80)) what.rkey = std::to_string(below(60));
    const auto expected = model.redact(what);
    const auto found = recorder->redact(what);
    ASSERT_TRUE(found.has_value()) << found.error().message;
    ASSERT_EQ(found->tombstones, expected.tombstones);
    ASSERT_EQ(found->erased, expected.erased);
  }

  void step() {
    const std::uint64_t roll = below(1'000);
    if (roll < 960) return record_batch();
    if (roll < 970) return redact_something();
    if (roll < 980) {
      ASSERT_TRUE(recorder->seal().has_value());
    } else if (roll < 990) {
      options.group_events_max = chance(50) ? 10'000 : 1 + below(50);
      options.index.flush_events = chance(50) ? 100'000 : 1 + below(500);
      options.index.slice_rows = 1 + below(50);
      reopen();
    } else {
      compare_some();
    }
  }

  // Comparing -------------------------------------------------------------------------------------

  static bool counts(const log::Event& event) {
    using log::flag::late;
    if (event.has(late | log::flag::redacted | log::flag::unchanged)) return false;
    const bool known = event.previous_state == log::PreviousState::known;
    if (event.kind == Kind::remove) return event.previous_state != log::PreviousState::none;
    if (log::is_record(event.kind)) return known || event.missing == log::Missing::no;
    return true;
  }

  static bool passes(const log::Event& event, const log::Filter& filter) {
    const auto names = [&](const std::string& pattern) {
      if (!pattern.ends_with(".*")) return event.collection == pattern;
      return event.collection.starts_with(pattern.substr(0, pattern.size() - 1));
    };
    const auto& wanted = filter.collections;
    if (log::is_record(event.kind) && !wanted.empty() &&
        std::none_of(wanted.begin(), wanted.end(), names)) {
      return false;
    }
    const auto has = [](const auto& list, const auto& value) {
      return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
    };
    return has(filter.dids, event.did) && has(filter.kinds, event.kind) &&
           (filter.history || counts(event));
  }

  log::Filter random_filter() {
    log::Filter filter;
    filter.history = chance(50);
    if (chance(40)) filter.collections.emplace_back(collection());
    if (chance(20)) filter.collections.emplace_back(chance(50) ? "app.bsky.*" : "org.*");
    if (chance(10)) filter.collections.emplace_back("com.example.nobody");
    for (unsigned left = chance(40) ? 1 + static_cast<unsigned>(below(2)) : 0; left > 0; --left) {
      filter.dids.push_back(did_of(who()));
    }
    for (unsigned left = chance(30) ? 1 + static_cast<unsigned>(below(2)) : 0; left > 0; --left) {
      filter.kinds.push_back(static_cast<Kind>(1 + below(7)));
    }
    return filter;
  }

  void compare_read(const log::Filter& filter, log::Seq from) {
    const log::Page found = read_all(recorder->log(), filter, from);
    std::vector<TestEvent> expected;
    for (const TestEvent& event : model.events) {
      if (event.event.seq >= from && passes(event.view(), filter)) expected.push_back(event);
    }
    ASSERT_TRUE(holds(found, expected));
  }

  void compare_some() {
    take_witness_times();
    for (int left = 10; left > 0; --left) {
      compare_read(random_filter(), 1 + below(model.events.size() + 2));
    }
    if (model.events.empty()) return;
    // From a time.
    const std::int64_t us = model.events[below(model.events.size())].event.witness_us +
                            static_cast<std::int64_t>(below(3)) - 1;
    const auto first =
        std::find_if(model.events.begin(), model.events.end(),
                     [&](const auto& event) { return event.event.witness_us >= us; });
    ASSERT_EQ(recorder->log().first_witnessed_at(us).value(),
              static_cast<log::Seq>(first - model.events.begin()) + 1);
  }

  /// The one thing that the model cannot know. They never decrease.
  void take_witness_times() {
    const log::Page all = history();
    ASSERT_EQ(all.events.size(), model.events.size());
    for (std::size_t place = 0; place < all.events.size(); ++place) {
      std::int64_t& known_us = model.events[place].event.witness_us;
      const std::int64_t found_us = all.events[place].witness_us;
      if (known_us == 0) {
        ASSERT_GE(found_us, last_read_us);
        known_us = last_read_us = found_us;
      }
      ASSERT_EQ(found_us, known_us);
    }
  }

  void compare_heads() {
    for (const auto& [key, place] : model.heads) {
      const auto& [did, in, rkey] = key;
      const log::Event event = model.events[place].view();
      const auto found = recorder->head(did, in, rkey).value();
      ASSERT_TRUE(found.has_value());
      ASSERT_EQ(found->seq, event.seq);
      ASSERT_EQ(found->rev, event.rev);
      ASSERT_EQ(found->order, event.order);
      ASSERT_EQ(found->kind, event.kind);
      ASSERT_EQ(found->missing, event.missing);
      ASSERT_EQ(found->redacted, event.has(log::flag::redacted));
      ASSERT_EQ(found->cid.has_value(), log::has_cid(event));
      if (found->cid) {
        ASSERT_EQ(*found->cid, log::cid_of(event));
      }
    }
    for (const auto& [did, expected] : model.repos) {
      const RepoState found = recorder->repo(did).value().value();
      ASSERT_EQ(found.rev, expected.rev);
      ASSERT_EQ(found.active, expected.active);
      ASSERT_EQ(found.status, expected.status);
      ASSERT_EQ(found.handle, expected.handle);
      ASSERT_EQ(found.account_us, expected.account_us);
      ASSERT_EQ(found.identity_us, expected.identity_us);
    }
  }

  /// Taking back `previous` and adding `record`, in seq order, ends in the newest state.
  void compare_fold() {
    std::map<Model::Key, std::string> folded;
    const log::Page page = read_all(recorder->log(), log::Filter{});
    for (const log::Event& event : page.events) {
      if (!log::is_record(event.kind)) continue;
      const Model::Key key{event.did, event.collection, event.rkey};
      if (event.previous_state == log::PreviousState::known) {
        ASSERT_EQ(folded[key], text_of(event.previous_record)) << "seq " << event.seq;
        folded.erase(key);
      }
      if (!event.record.empty()) {
        ASSERT_FALSE(folded.contains(key)) << "seq " << event.seq;
        folded[key] = text_of(event.record);
      }
    }
    std::map<Model::Key, std::string> expected;
    for (const auto& [key, place] : model.heads) {
      const TestEvent& head = model.events[place];
      if (!head.record.empty()) expected[key] = text_of(head.record);
    }
    ASSERT_EQ(folded, expected);
  }

  void compare_all() {
    take_witness_times();
    ASSERT_TRUE(holds(history(), model.events));
    compare_some();
    compare_heads();
    compare_fold();
    expect_index_is_as_built_anew();
    const auto verdict = recorder->log().verify();
    ASSERT_TRUE(verdict.has_value()) << verdict.error().message;
  }

  void run(std::uint64_t seed, int steps) {
    random.seed(seed);
    for (int done = 1; done <= steps; ++done) {
      ASSERT_NO_FATAL_FAILURE(step()) << "seed " << seed << ", step " << done;
      if (done % (steps / 3) == 0) {
        ASSERT_NO_FATAL_FAILURE(compare_all()) << "seed " << seed << ", step " << done;
      }
    }
  }
};

std::uint64_t from_environment(const char* variable, std::uint64_t otherwise) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

/// REFOLD_MODEL_SEEDS: how many seeds; REFOLD_MODEL_SEED: the first one.
TEST_F(ModelTest, RecorderAndLogDoWhatTheModelDoes) {
  const std::uint64_t first = from_environment("REFOLD_MODEL_SEED", 1);
  const std::uint64_t count = from_environment("REFOLD_MODEL_SEEDS", testing::sanitized ? 1 : 3);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    recorder.reset();
    std::filesystem::remove_all(data);
    options = {};
    recorder = Recorder::open(data, options).value();
    model = {};
    sent.clear();
    clock = upstream = 1;
    last_read_us = 0;
    run(seed, 300);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace refold::index
