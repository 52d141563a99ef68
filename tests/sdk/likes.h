#pragma once

#include <refold/testing.hpp>
#include <string>

namespace refold::test {

inline constexpr const char* alice = "did:plc:alice";
inline constexpr const char* bob = "did:plc:bob";
inline constexpr const char* likes = "app.bsky.feed.like";
inline constexpr const char* first_post = "at://did:plc:carol/app.bsky.feed.post/3kfirst";
inline constexpr const char* second_post = "at://did:plc:carol/app.bsky.feed.post/3ksecond";

inline testing::Data like_of(const char* post) {
  return testing::object(
      {{"$type", likes},
       {"subject", testing::object({{"uri", post}, {"cid", "bafyreisomething"}})},
       {"createdAt", "2026-01-31T12:00:00Z"}});
}

struct Like {
  StrongRef subject;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(subject));
  }
};

/// Likes counted by what is liked, as they should be.
struct Likes : Projection {
  static constexpr Manifest manifest{.name = "likes", .fold = 1, .collections = {likes}};
  Table<AtUri, std::uint64_t> counts{*this, "counts"};

  void apply(const RecordChange& change) {
    if (auto old = change.previous<Like>()) counts.update(old->subject.uri, [](auto& n) { --n; });
    if (auto now = change.record<Like>()) counts.update(now->subject.uri, [](auto& n) { ++n; });
  }
  std::uint64_t count(const AtUri& uri) const { return counts.get(uri).value_or(0); }
  Query count_query{*this, "count", "likes of a record", &Likes::count, {{.name = "uri"}}};
};

}  // namespace refold::test
