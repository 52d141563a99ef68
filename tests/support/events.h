#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/log/event.h"
#include "core/log/reader.h"
#include "core/log/witness_log.h"

/// Events for tests, in the domain's words:
///   append(log, {created("alice", "1", "hello"), deleted("alice", "1")});
///   EXPECT_EQ(seqs(read_all(log)), ...);
namespace refold::testing {

inline constexpr std::string_view post = "app.bsky.feed.post";
inline constexpr std::string_view like = "app.bsky.feed.like";
inline constexpr std::string_view follow = "app.bsky.graph.follow";

/// "alice" -> "did:plc:aliceaaaaaaaaaaaaaaaaaaa".
inline std::string did_of(std::string_view who) {
  std::string did = "did:plc:" + std::string(who.substr(0, 24));
  did.resize(8 + 24, 'a');
  return did;
}

/// A text as DAG-CBOR has it, its length in the shortest form.
inline void put_cbor_text(Bytes& to, std::string_view text) {
  const std::size_t size = text.size();
  const unsigned length_bytes = size < 24 ? 0 : size < 0x100 ? 1 : size < 0x10000 ? 2 : 4;
  constexpr std::uint8_t heads[] = {0, 0x78, 0x79, 0, 0x7a};
  to.push_back(length_bytes == 0 ? static_cast<std::uint8_t>(0x60 + size) : heads[length_bytes]);
  for (unsigned left = length_bytes; left > 0; --left) {
    to.push_back(static_cast<std::uint8_t>(size >> (8 * (left - 1))));
  }
  append(to, bytes_of(text));
}

/// DAG-CBOR of {"text": text, "$type": collection}.
inline Bytes record_of(std::string_view collection, std::string_view text) {
  Bytes record{0xa2};
  put_cbor_text(record, "text");
  put_cbor_text(record, text);
  put_cbor_text(record, "$type");
  put_cbor_text(record, collection);
  return record;
}

/// An event with the memory that its views point into. Copies are independent.
struct TestEvent {
  log::Event event;  ///< plain fields only; view() adds the views
  std::string source = "test";
  std::string did;
  std::string collection;
  std::string rkey;
  std::string status;
  std::string handle;
  Bytes record;
  Bytes previous_record;
  std::optional<atproto::Cid> stored_cid;

  [[nodiscard]] log::Event view() const {
    log::Event view = event;
    view.source = source;
    view.did = did;
    view.collection = collection;
    view.rkey = rkey;
    view.status = status;
    view.handle = handle;
    view.record = record;
    view.previous_record = previous_record;
    view.stored_cid = stored_cid ? &*stored_cid : nullptr;
    return view;
  }

  /// It replaces or removes the version at `seq`.
  [[nodiscard]] TestEvent over(log::Seq seq, const TestEvent& previous) const {
    TestEvent changed = *this;
    changed.event.previous_state = log::PreviousState::known;
    changed.event.previous_seq = seq;
    changed.previous_record = previous.record;
    return changed;
  }
  [[nodiscard]] TestEvent flagged(std::uint16_t flags) const {
    TestEvent changed = *this;
    changed.event.flags |= flags;
    return changed;
  }
  /// Its payload never came: it keeps the CID.
  [[nodiscard]] TestEvent without_payload(log::Missing reason) const {
    TestEvent changed = *this;
    changed.stored_cid = atproto::cid_of(record);
    changed.record.clear();
    changed.event.missing = reason;
    return changed;
  }
};

inline TestEvent record_event(log::Kind kind, std::string_view who, std::string_view rkey,
                              std::string_view collection) {
  TestEvent made;
  made.event.kind = kind;
  made.event.flags = log::flag::live | log::flag::verified;
  made.event.rev = atproto::make_tid(1'700'000'000'000'000, 7);
  made.did = did_of(who);
  made.collection = collection;
  made.rkey = rkey;
  return made;
}

inline TestEvent created(std::string_view who, std::string_view rkey, std::string_view text = "hi",
                         std::string_view collection = post) {
  TestEvent made = record_event(log::Kind::create, who, rkey, collection);
  made.record = record_of(collection, text);
  return made;
}
inline TestEvent updated(std::string_view who, std::string_view rkey, std::string_view text,
                         std::string_view collection = post) {
  TestEvent made = created(who, rkey, text, collection);
  made.event.kind = log::Kind::update;
  return made;
}
inline TestEvent deleted(std::string_view who, std::string_view rkey,
                         std::string_view collection = post) {
  return record_event(log::Kind::remove, who, rkey, collection);
}
inline TestEvent account(std::string_view who, bool active, std::string_view status = "") {
  TestEvent made;
  made.event.kind = log::Kind::account;
  made.event.active = active;
  made.event.upstream_seq = 77;
  made.event.upstream_us = 1'700'000'000'000'001;
  made.did = did_of(who);
  made.status = status;
  return made;
}
inline TestEvent identity(std::string_view who, std::string_view handle) {
  TestEvent made = account(who, false);
  made.event.kind = log::Kind::identity;
  made.handle = handle;
  return made;
}

/// Any event that a log may hold, of a few authors and collections; `next` is the seq it will get,
/// `before` are the events in front of it, one of which it may take back.
inline TestEvent random_event(std::mt19937_64& random, log::Seq next,
                              std::span<const TestEvent> before) {
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  const std::string who = "user" + std::string(1, static_cast<char>('a' + below(20)));
  const std::string rkey = std::to_string(below(500));
  constexpr std::string_view collections[] = {like, like, like, post, follow, "org.example.rare"};
  const std::string_view collection = collections[below(std::size(collections))];
  const std::string text = "text " + std::to_string(random()) + std::string(below(80), '.');
  TestEvent made = created(who, rkey, text, collection);
  switch (below(12)) {
    case 0: made = deleted(who, rkey, collection); break;
    case 1: made = updated(who, rkey, text, collection); break;
    case 2: made = identity(who, "handle-" + std::to_string(below(9)) + ".example"); break;
    case 3: made = account(who, below(2) == 0, below(2) == 0 ? "deactivated" : ""); break;
    case 4: made = made.without_payload(log::Missing::cid_mismatch); break;
    default: break;
  }
  if (log::is_record(made.event.kind)) {
    made.event.order = static_cast<std::uint16_t>(below(8) == 0 ? below(3) : 0);
    made.event.rev = atproto::make_tid(1'700'000'000'000'000 + next * 1000 + below(999), 3);
    if (below(10) == 0) made = made.flagged(log::flag::late);
    if (below(10) == 0) made = made.flagged(log::flag::unchanged);
    if (!before.empty() && below(4) == 0) {
      const std::size_t back = 1 + below(before.size());
      const TestEvent& previous = before[before.size() - back];
      if (!previous.record.empty()) made = made.over(next - back, previous);
    }
  }
  return made;
}

inline std::vector<TestEvent> random_events(std::size_t count, std::uint64_t seed,
                                            log::Seq next = 1) {
  std::mt19937_64 random(seed);
  std::vector<TestEvent> events;
  events.reserve(count);
  for (std::size_t index = 0; index < count; ++index) {
    events.push_back(random_event(random, next + index, events));
  }
  return events;
}

/// Appends in one commit; the seqs and witness times are set in `events` too.
inline Result<void> try_append(log::WitnessLog& log, std::span<TestEvent> events,
                               const log::CommitExtras& extras = {}) {
  std::vector<log::Event> views;
  for (const TestEvent& event : events) views.push_back(event.view());
  REFOLD_CHECK(log.append(views, extras));
  for (std::size_t index = 0; index < events.size(); ++index) {
    events[index].event.seq = views[index].seq;
    events[index].event.witness_us = views[index].witness_us;
  }
  return ok();
}

/// The same for what has to succeed. Returns the events as the log has them now.
inline std::vector<TestEvent> append(log::WitnessLog& log, std::vector<TestEvent> events,
                                     const log::CommitExtras& extras = {}) {
  const auto done = try_append(log, events, extras);
  EXPECT_TRUE(done.has_value()) << done.error().message;
  return events;
}

/// What a reader with this filter delivers from `from` to the end of the log.
inline log::Page read_all(const log::WitnessLog& log, log::Filter filter = {.history = true},
                          log::Seq from = 1) {
  log::Reader reader(log, from, log::Matcher::make(std::move(filter)).value());
  log::Page all;
  log::Page page;
  for (;;) {
    const auto more = reader.next(page);
    EXPECT_TRUE(more.has_value()) << more.error().message;
    if (!more.has_value() || !*more) break;
    for (const log::Event& event : page.events) log::add_copy(all, event);
  }
  all.next = page.next;
  return all;
}

inline std::vector<log::Seq> seqs(const log::Page& page) {
  std::vector<log::Seq> found;
  for (const log::Event& event : page.events) found.push_back(event.seq);
  return found;
}

/// Every field of every event.
inline ::testing::AssertionResult holds(const log::Page& page,
                                        const std::vector<TestEvent>& expected) {
  if (page.events.size() != expected.size()) {
    return ::testing::AssertionFailure()
           << page.events.size() << " events instead of " << expected.size();
  }
  for (std::size_t index = 0; index < expected.size(); ++index) {
    if (!log::same(page.events[index], expected[index].view())) {
      return ::testing::AssertionFailure() << "event " << expected[index].event.seq << " differs";
    }
  }
  return ::testing::AssertionSuccess();
}

/// Asserts on a failure: its code, and a part of its sentence.
template <class T>
::testing::AssertionResult failed(const Result<T>& result, Errc code, std::string_view part) {
  if (result.has_value()) return ::testing::AssertionFailure() << "it succeeded";
  const Error& error = result.error();
  if (error.code != code) {
    return ::testing::AssertionFailure() << name(error.code) << ": " << error.message;
  }
  if (error.message.find(part) == std::string::npos) {
    return ::testing::AssertionFailure() << "\"" << error.message << "\" lacks \"" << part << "\"";
  }
  return ::testing::AssertionSuccess();
}

}  // namespace refold::testing
