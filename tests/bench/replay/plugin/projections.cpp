// The projections that `refold-bench replay` measures, as anybody would write them.
#include "tests/bench/replay/plugin/records.h"

namespace refold::bench {

struct Counts : Projection {
  static constexpr Manifest manifest{
      .name = "counts", .summary = "living records of each collection", .fold = 1};
  Table<Nsid, std::int64_t> rows{*this, "rows"};

  void apply(const RecordChange& change) {
    const std::int64_t by = living_records_by(change.record_bytes(), change.previous_bytes());
    if (by != 0) rows.update(change.collection(), [by](std::int64_t& count) { count += by; });
  }
};

struct Likes : Projection {
  static constexpr Manifest manifest{.name = "likes",
                                     .summary = "likes of each subject",
                                     .fold = 1,
                                     .collections = {like_collection}};
  Table<AtUri, std::int64_t> rows{*this, "rows"};

  void apply(const RecordChange& change) {
    if (auto old = change.previous<Like>()) rows.update(old->subject.uri, [](auto& n) { --n; });
    if (auto now = change.record<Like>()) rows.update(now->subject.uri, [](auto& n) { ++n; });
  }
};

struct NewestVersions : Projection {
  static constexpr Manifest manifest{
      .name = "newest", .summary = "the newest version of every record", .fold = 1};
  Table<std::tuple<Did, Nsid, RecordKey>, Newest> rows{*this, "rows"};

  void apply(const RecordChange& change) {
    const decltype(rows)::KeyView key{change.did(), change.collection(), change.rkey()};
    const ByteView record = change.record_bytes();
    if (record.empty()) {
      rows.remove(key);
    } else {
      rows.put(key, {change.rev(), Bytes(record.begin(), record.end())});
    }
  }
};

struct Rare : Projection {
  static constexpr Manifest manifest{.name = "rare",
                                     .summary = "living records of a rare collection, by author",
                                     .fold = 1,
                                     .collections = {rare_collection}};
  Table<Did, std::int64_t> rows{*this, "rows"};

  void apply(const RecordChange& change) {
    const std::int64_t by = living_records_by(change.record_bytes(), change.previous_bytes());
    if (by != 0) rows.update(change.did(), [by](std::int64_t& count) { count += by; });
  }
};

struct Silent : Projection {
  static constexpr Manifest manifest{
      .name = "silent", .summary = "looks at every record, and writes nothing", .fold = 1};
  Table<Nsid, std::int64_t> rows{*this, "rows"};
  Seen seen;

  void apply(const RecordChange& change) {
    seen.look(change.collection(), change.record_bytes(), change.previous_bytes());
  }
};

/// What `refold plugin new` writes: likes, and an index that has what is liked most in order.
struct MostLiked : Projection {
  static constexpr Manifest manifest{.name = "most-liked",
                                     .summary = "likes of each subject, and what is liked most",
                                     .fold = 1,
                                     .collections = {like_collection}};
  Table<AtUri, std::uint64_t> rows{*this, "rows"};
  Index<std::uint64_t, AtUri, std::uint64_t> most{rows, "most",
                                                  [](std::uint64_t count) { return count; }};

  void apply(const RecordChange& change) {
    if (auto old = change.previous<Like>()) rows.update(old->subject.uri, [](auto& n) { --n; });
    if (auto now = change.record<Like>()) rows.update(now->subject.uri, [](auto& n) { ++n; });
  }
};

}  // namespace refold::bench

REFOLD_PLUGIN("1.0.0", refold::bench::Counts, refold::bench::Likes, refold::bench::NewestVersions,
              refold::bench::Rare, refold::bench::Silent, refold::bench::MostLiked)
