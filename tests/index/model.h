#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/index/recorder.h"
#include "tests/support/drafts.h"

namespace refold::index {

using namespace refold::testing;

/// The rules of recorder and log, as plainly as they can be said: vectors, maps and loops.
class Model {
 public:
  using Key = std::tuple<std::string, std::string, std::string>;  // did, collection, rkey
  using Place = std::size_t;                                      // in `events`

  std::vector<TestEvent> events;  ///< events[n] has seq n + 1
  std::map<Key, std::vector<Place>> versions;
  std::map<Key, Place> heads;
  std::map<std::string, RepoState> repos;

  /// What the recorder does with a batch.
  Outcome record(const std::vector<TestDraft>& drafts, const std::string& source) {
    Outcome outcome;
    for (const TestDraft& draft : drafts) {
      if (const auto refusal = refusal_of(draft)) {
        ++outcome.refused[static_cast<std::size_t>(*refusal)];
      } else if (log::is_record(draft.draft.kind)) {
        record_one(draft, source, outcome);
      } else {
        notice_one(draft, source, outcome);
      }
    }
    outcome.last = events.size();
    return outcome;
  }

  Recorder::RedactionOutcome redact(const Recorder::Redaction& what) {
    const auto meant = [&](const TestEvent& event) {
      return log::is_record(event.event.kind) && event.did == what.did &&
             (!what.collection || event.collection == *what.collection) &&
             (!what.rkey || event.rkey == *what.rkey);
    };
    Outcome removed;
    for (const Place place : living_of(what.did)) {
      if (meant(events[place])) bury(place, {}, 0, "redaction", removed);
    }
    Recorder::RedactionOutcome outcome;
    outcome.tombstones = removed.appended;
    for (TestEvent& event : events) {
      if (!meant(event)) continue;
      if (!event.record.empty()) ++outcome.erased;
      if (log::has_cid(event.event)) event.stored_cid = cid_of(event);
      event.event.flags |= log::flag::redacted;
      event.record.clear();
      if (!event.previous_record.empty()) event.event.previous_state = log::PreviousState::unknown;
      event.previous_record.clear();
    }
    return outcome;
  }

  [[nodiscard]] static atproto::Cid cid_of(const TestEvent& event) {
    return event.stored_cid ? *event.stored_cid : atproto::cid_of(event.record);
  }
  [[nodiscard]] bool is_living(Place place) const {
    return events[place].event.kind != log::Kind::remove;
  }

 private:
  static Key key_of(const TestEvent& event) { return {event.did, event.collection, event.rkey}; }

  static std::optional<Refusal> refusal_of(const TestDraft& draft) {
    if (!log::is_record(draft.draft.kind)) return std::nullopt;
    if (draft.draft.rev > rev(1'000'000'000)) return Refusal::future_rev;
    if (draft.rkey.find('/') != std::string::npos) return Refusal::bad_rkey;
    if (draft.draft.kind != log::Kind::remove && !draft.draft.cid) return Refusal::no_cid;
    return std::nullopt;
  }

  /// Why a payload is refused, as far as the generator goes.
  static log::Missing finding(const TestDraft& draft) {
    if (draft.draft.kind == log::Kind::remove) return log::Missing::no;
    if (draft.draft.missing != log::Missing::no) return draft.draft.missing;
    if (draft.record.empty()) return log::Missing::not_sent;
    if (atproto::cid_of(draft.record) != draft.draft.cid) return log::Missing::cid_mismatch;
    return draft.record.front() == 0xa2 ? log::Missing::no : log::Missing::not_data_model;
  }

  static bool same_operation(const TestEvent& event, const TestDraft& draft) {
    return event.event.rev == draft.draft.rev && event.event.kind == draft.draft.kind &&
           (event.event.kind == log::Kind::remove || cid_of(event) == draft.draft.cid);
  }

  static TestEvent event_of(const TestDraft& draft, const std::string& source) {
    TestEvent made;
    made.event.kind = draft.draft.kind;
    made.event.flags = draft.draft.flags;
    made.event.rev = draft.draft.rev;
    made.source = source;
    made.did = draft.did;
    made.collection = draft.collection;
    made.rkey = draft.rkey;
    return made;
  }

  Place append(TestEvent made, Outcome& outcome) {
    made.event.seq = events.size() + 1;
    ++outcome.appended;
    if (made.event.has(log::flag::late)) ++outcome.late;
    if (made.event.missing != log::Missing::no) ++outcome.missing;
    events.push_back(std::move(made));
    return events.size() - 1;
  }

  /// Appends a version; it becomes the head unless it is late.
  void append_version(TestEvent made, Outcome& outcome) {
    const Key key = key_of(made);
    RepoState& repo = repos[made.did];
    repo.rev = std::max(repo.rev, made.event.rev);
    const bool late = made.event.has(log::flag::late);
    const Place place = append(std::move(made), outcome);
    versions[key].push_back(place);
    if (!late) heads[key] = place;
  }

  void set_payload(TestEvent& made, const TestDraft& draft) {
    if (draft.draft.kind == log::Kind::remove) return;
    made.event.missing = finding(draft);
    if (made.event.missing == log::Missing::no) {
      made.record = draft.record;
    } else {
      made.stored_cid = draft.draft.cid;
    }
  }

  void record_one(const TestDraft& draft, const std::string& source, Outcome& outcome) {
    TestEvent made = event_of(draft, source);
    set_payload(made, draft);
    const Key key = key_of(made);
    const TestEvent* const old = heads.contains(key) ? &events[heads[key]] : nullptr;
    if (old != nullptr && same_operation(*old, draft)) {
      const bool completes = old->event.missing != log::Missing::no &&
                             !old->event.has(log::flag::redacted) &&
                             made.event.missing == log::Missing::no;
      if (!completes) {
        ++outcome.known;
        return;
      }
      made.event.order = old->event.order;
      made.event.previous_state = log::PreviousState::unknown;
      made.event.previous_seq = old->event.seq;
      append_version(std::move(made), outcome);
      return;
    }
    const auto& earlier = versions[key];
    if (std::any_of(earlier.begin(), earlier.end(),
                    [&](Place place) { return same_operation(events[place], draft); })) {
      ++outcome.known;
      return;
    }
    const std::uint16_t asked = draft.draft.order.value_or(0);
    const bool same_rev = old != nullptr && old->event.rev == draft.draft.rev;
    const bool older = old != nullptr && draft.draft.rev < old->event.rev;
    if (older || (same_rev && draft.draft.order && asked < old->event.order)) {
      made.event.flags |= log::flag::late;
      made.event.order = asked;
    } else {
      made.event.order =
          same_rev ? std::max(asked, static_cast<std::uint16_t>(old->event.order + 1)) : asked;
      set_previous(made, old);
    }
    append_version(std::move(made), outcome);
  }

  static void set_previous(TestEvent& made, const TestEvent* old) {
    const bool removes = made.event.kind == log::Kind::remove;
    if (old == nullptr) {
      if (removes) made.event.previous_state = log::PreviousState::unknown;
      return;
    }
    made.event.previous_seq = old->event.seq;
    if (old->event.kind == log::Kind::remove) {
      if (removes) made.event.flags |= log::flag::unchanged;
      return;
    }
    made.event.previous_state =
        old->record.empty() ? log::PreviousState::unknown : log::PreviousState::known;
    made.previous_record = old->record;
    if (removes || old->record.empty() || cid_of(made) != cid_of(*old)) return;
    made.event.flags |= log::flag::unchanged;
    made.event.missing = log::Missing::no;
    made.record = old->record;
    made.stored_cid.reset();
  }

  /// The heads of the account's living records, oldest first.
  [[nodiscard]] std::vector<Place> living_of(const std::string& did) const {
    std::vector<Place> found;
    for (const auto& [key, place] : heads) {
      if (std::get<0>(key) == did && is_living(place)) found.push_back(place);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  /// Appends a tombstone for the living head at `place`.
  void bury(Place place, atproto::Tid least, std::uint16_t flags, const std::string& source,
            Outcome& outcome) {
    const TestEvent old = events[place];
    TestEvent made;
    made.event.kind = log::Kind::remove;
    made.event.flags = flags;
    made.event.rev = std::max(least, old.event.rev);
    made.event.order =
        static_cast<std::uint16_t>(made.event.rev == old.event.rev ? old.event.order + 1 : 0);
    made.source = source;
    made.did = old.did;
    made.collection = old.collection;
    made.rkey = old.rkey;
    set_previous(made, &old);
    append_version(std::move(made), outcome);
  }

  static bool same_notice(const log::Event& a, const log::Event& b) {
    if (a.kind != b.kind || a.did != b.did) return false;
    if (a.upstream_seq != 0 && a.upstream_seq == b.upstream_seq && a.source == b.source) {
      return true;
    }
    return a.upstream_us != 0 && a.upstream_us == b.upstream_us && a.active == b.active &&
           a.status == b.status && a.handle == b.handle && a.rev == b.rev;
  }

  void notice_one(const TestDraft& draft, const std::string& source, Outcome& outcome) {
    TestEvent made = event_of(draft, source);
    made.collection.clear();
    made.rkey.clear();
    made.event.upstream_seq = draft.draft.upstream_seq;
    made.event.upstream_us = draft.draft.upstream_us;
    const bool is_account = made.event.kind == log::Kind::account;
    if (is_account) made.event.active = draft.draft.active;
    if (is_account) made.status = draft.status;
    if (!is_account) made.handle = draft.handle;
    const log::Event view = made.view();
    if (std::any_of(events.begin(), events.end(),
                    [&](const TestEvent& event) { return same_notice(event.view(), view); })) {
      ++outcome.known;
      return;
    }
    const RepoState before = repos[draft.did];
    const std::int64_t newest_us = is_account ? before.account_us : before.identity_us;
    if (view.upstream_us < newest_us) {
      made.event.flags |= log::flag::late;
    } else if (is_account && made.status == "deleted") {
      for (const Place place : living_of(draft.did)) {
        bury(place, before.rev, draft.draft.flags, source, outcome);
      }
    }
    RepoState& state = repos[draft.did];
    if (!made.event.has(log::flag::late)) {
      if (is_account) {
        state.active = made.event.active;
        state.status = made.status;
        state.account_us = view.upstream_us;
      } else {
        state.handle = made.handle;
        state.identity_us = view.upstream_us;
      }
    }
    append(std::move(made), outcome);
  }
};

}  // namespace refold::index
