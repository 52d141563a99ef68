#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <refold/projection.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace refold::plugins {

/// What happened in a collection, or in all of the log; on a day, or ever.
struct Activity {
  std::uint64_t creates = 0;
  std::uint64_t updates = 0;
  std::uint64_t deletes = 0;
  std::uint64_t others = 0;  ///< events that are not about a record: of all of the log only
  std::uint64_t bytes = 0;   ///< of records, as DAG-CBOR
  std::uint64_t actors = 0;  ///< accounts that created, updated or deleted a record: each once

  [[nodiscard]] std::uint64_t events() const noexcept {
    return creates + updates + deletes + others;
  }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(creates), REFOLD_FIELD(updates), REFOLD_FIELD(deletes),
            REFOLD_FIELD(others), REFOLD_FIELD(bytes), REFOLD_FIELD(actors));
  }
};

/// The events of one kind.
struct KindCount {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(events), REFOLD_FIELD(bytes));
  }
};

/// An Activity as it is answered: what it is of, the sum of its events, then itself.
template <class Of>
struct ActivityOf {
  const char* name = "";
  Of of;
  Activity activity;
  template <class Archive>
  void serialize(Archive& archive) {
    std::uint64_t events = activity.events();
    archive(REFOLD_NAMED(name, of), REFOLD_FIELD(events));
    activity.serialize(archive);
  }
};

/// Events and bytes per collection, per day and per kind, and how many accounts were active.
///
/// It counts what was witnessed, with late events and those that changed nothing. A day is one of
/// the witness time, in UTC: that never goes back, so one date for each account is enough to count
/// the accounts of every day exactly.
struct Stats : Projection {
  static constexpr Manifest manifest{
      .name = "stats",
      .summary = "events, bytes and active accounts per collection, day and kind",
      .fold = 1,
      .history = true};
  /// By collection; the empty text stands for all of the log.
  Table<std::string, Activity> totals{*this, "totals"};
  Table<std::tuple<std::string, Time>, Activity> days{*this, "days"};
  Table<std::string, KindCount> kinds{*this, "kinds"};
  /// The accounts of a collection, with the last day of each.
  Table<std::tuple<std::string, Did>, Time> actors{*this, "actors"};

  void apply(const RecordChange& change) {
    count(change, change.record_bytes().size());
    count_in(change.collection(), change);
    count_in(all, change);
  }
  void apply(const Event& event) {
    const auto add = [](Activity& activity) { ++activity.others; };
    count(event, 0);
    totals.update(all, add);
    days.update({all, day_of(event)}, add);
  }

  using Collection = ActivityOf<std::string>;
  using Day = ActivityOf<std::string>;

  Collection total(const std::string& collection) const {
    return {"collection", collection, totals.get(collection).value_or(Activity{})};
  }
  Query total_query{*this,
                    "total",
                    "what happened ever, in a collection or in all of the log",
                    &Stats::total,
                    {{.name = "collection", .fallback = ""}}};

  Page<Collection> collections(const std::string& prefix, std::size_t limit,
                               const Cursor& cursor) const {
    return page(totals, totals.starting_with(prefix).after(all), cursor, limit,
                [](const std::string& collection, const Activity& activity) {
                  return Collection{"collection", collection, activity};
                });
  }
  Query collections_query{*this,
                          "collections",
                          "what happened ever in each collection, in the order of their names",
                          &Stats::collections,
                          {{.name = "prefix", .summary = "such as app.bsky.", .fallback = ""},
                           {.name = "limit", .fallback = 100, .least = 1, .most = 1000},
                           {.name = "cursor", .summary = "of the page before"}}};

  std::vector<Collection> top(std::size_t limit, const std::string& by) const {
    std::vector<Collection> found;
    const Measure measure = measure_of(by);
    const auto more = [measure](const Collection& a, const Collection& b) {
      return measure(a.activity) > measure(b.activity);
    };
    totals.scan(totals.after(all), [&](const std::string& collection, const Activity& activity) {
      found.push_back({"collection", collection, activity});
      if (found.size() < 2 * limit) return;
      std::stable_sort(found.begin(), found.end(), more);
      found.resize(limit);
    });
    std::stable_sort(found.begin(), found.end(), more);
    if (found.size() > limit) found.resize(limit);
    return found;
  }
  Query top_query{*this,
                  "top",
                  "the collections with the most events, bytes or actors",
                  &Stats::top,
                  {{.name = "limit", .fallback = 10, .least = 1, .most = 1000},
                   {.name = "by", .summary = "events, bytes or actors", .fallback = "events"}}};

  Page<Day> daily(const std::string& collection, std::size_t limit, const Cursor& cursor) const {
    return page(days, days.prefix(collection).backwards(), cursor, limit,
                [](const std::tuple<std::string, Time>& key, const Activity& activity) {
                  constexpr std::size_t date_bytes = 10;  // 2026-01-31
                  return Day{"day", to_text(std::get<1>(key)).substr(0, date_bytes), activity};
                });
  }
  Query daily_query{*this,
                    "days",
                    "what happened on each day, in a collection or in all of the log; newest first",
                    &Stats::daily,
                    {{.name = "collection", .fallback = ""},
                     {.name = "limit", .fallback = 31, .least = 1, .most = 1000},
                     {.name = "cursor", .summary = "of the page before"}}};

  std::vector<std::pair<std::string, KindCount>> by_kind() const {
    std::vector<std::pair<std::string, KindCount>> found;
    kinds.scan([&found](const std::string& kind, const KindCount& count) {
      found.emplace_back(kind, count);
    });
    return found;
  }
  Query kinds_query{*this, "kinds", "the events of each kind", &Stats::by_kind};

 private:
  static constexpr const char* all = "";

  static Time day_of(const Event& event) noexcept {
    return std::chrono::floor<std::chrono::days>(event.witness_time());
  }
  static std::string_view name_of(Kind kind) noexcept {
    switch (kind) {
      case Kind::create: return "create";
      case Kind::update: return "update";
      case Kind::remove: return "delete";
      case Kind::identity: return "identity";
      case Kind::account: return "account";
      case Kind::sync: return "sync";
      case Kind::gap: return "gap";
    }
    return "other";
  }
  using Measure = std::uint64_t (*)(const Activity&);
  static Measure measure_of(const std::string& by) {
    if (by == "events") return [](const Activity& activity) { return activity.events(); };
    if (by == "bytes") return [](const Activity& activity) { return activity.bytes; };
    if (by == "actors") return [](const Activity& activity) { return activity.actors; };
    throw std::invalid_argument("by: '" + by + "' is none of events, bytes and actors");
  }

  void count(const Event& event, std::size_t bytes) {
    kinds.update(name_of(event.kind()), [bytes](KindCount& kind) {
      ++kind.events;
      kind.bytes += bytes;
    });
  }
  void count_in(std::string_view collection, const RecordChange& change) {
    const Time day = day_of(change);
    const std::optional<Time> last = actors.get({collection, change.did()});
    if (last != day) actors.put({collection, change.did()}, day);
    const auto add = [&change](Activity& activity, bool new_actor) {
      if (change.kind() == Kind::create) ++activity.creates;
      if (change.kind() == Kind::update) ++activity.updates;
      if (change.kind() == Kind::remove) ++activity.deletes;
      activity.bytes += change.record_bytes().size();
      if (new_actor) ++activity.actors;
    };
    totals.update(collection, [&](Activity& activity) { add(activity, !last); });
    days.update({collection, day}, [&](Activity& activity) { add(activity, last != day); });
  }
};

}  // namespace refold::plugins
