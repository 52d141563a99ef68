// Counts likes by what is liked.
#include <refold/projection.hpp>

// What this projection reads of a record: the fields by their names.
struct OneLike {
  refold::StrongRef subject;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(subject));
  }
};

struct TypeName : refold::Projection {
  static constexpr refold::Manifest manifest{
      .name = "NAME", .fold = 1, .collections = {"app.bsky.feed.like"}};
  refold::Table<refold::AtUri, std::uint64_t> likes{*this, "likes"};
  refold::Index<std::uint64_t, refold::AtUri, std::uint64_t> most{
      likes, "most", [](std::uint64_t count) { return count; }};
  // Takes back what the old version of a record added, and adds what the new one does.
  void apply(const refold::RecordChange& change) {
    if (auto old = change.previous<OneLike>()) likes.update(old->subject.uri, [](auto& n) { --n; });
    if (auto now = change.record<OneLike>()) likes.update(now->subject.uri, [](auto& n) { ++n; });
  }

  std::vector<std::pair<refold::AtUri, std::uint64_t>> top(std::size_t limit) const {
    std::vector<std::pair<refold::AtUri, std::uint64_t>> found;
    most.scan(most.all().backwards(), [&](std::uint64_t count, const refold::AtUri& subject) {
      found.emplace_back(subject, count);
      return found.size() < limit;
    });
    return found;
  }
  refold::Query top_query{*this,
                          "top",
                          "what is liked most",
                          &TypeName::top,
                          {{.name = "limit", .fallback = 10, .least = 1, .most = 1000}}};
};

REFOLD_PLUGIN("1.0.0", TypeName)
