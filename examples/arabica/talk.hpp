#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "records.hpp"

namespace arabica {

struct CommentRow {
  AtUri subject;
  Time time;
  std::optional<AtUri> parent;
  std::string text;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(subject), REFOLD_FIELD(time), REFOLD_FIELD(parent), REFOLD_FIELD(text));
  }
};

/// What became of a record: how many like it, and what was said of it.
struct Reception {
  std::uint64_t likes = 0;
  std::uint64_t comments = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(likes), REFOLD_FIELD(comments));
  }
  friend bool operator==(const Reception&, const Reception&) = default;
};

/// A comment in its thread; `depth` is 0 for one that answers none.
struct Said {
  AtUri uri;
  std::uint64_t depth = 0;
  std::string text;
  Time time;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(uri), REFOLD_FIELD(depth), REFOLD_FIELD(text), REFOLD_FIELD(time));
  }
};

/// Likes and comments, in threads, and what is popular.
struct Talk : refold::Projection {
  static constexpr refold::Manifest manifest{.name = "talk",
                                             .summary = "likes, comments, and what is popular",
                                             .fold = 1,
                                             .collections = {Like::type, Comment::type}};

  refold::Table<AtUri, Reception> subjects{*this, "subjects"};
  /// By the collection of the subject, and by how much it was talked of.
  using Rank = std::tuple<std::string, std::uint64_t>;
  refold::Index<Rank, AtUri, Reception> most_popular{
      subjects, "most-popular", [](const AtUri& subject, const Reception& reception) {
        return Rank(subject.collection(), reception.likes + reception.comments);
      }};

  /// How many likes an account has given to something: it counts once, however many there are.
  refold::Table<std::tuple<AtUri, Did>, std::uint64_t> likers{*this, "likers"};
  refold::Table<AtUri, CommentRow> comments{*this, "comments"};
  refold::Index<std::tuple<AtUri, Time>, AtUri, CommentRow> comments_on{
      comments, "comments-on",
      [](const CommentRow& comment) { return std::tuple(comment.subject, comment.time); }};

  void apply(const refold::RecordChange& change) {
    if (change.collection() == Like::type) {
      if (auto old = change.previous<Like>()) like(old->subject.uri, change.did(), -1);
      if (auto now = change.record<Like>()) like(now->subject.uri, change.did(), +1);
    } else {
      comment(change);
    }
  }

  Reception reception(const AtUri& uri) const { return subjects.get(uri).value_or(Reception{}); }
  refold::Query reception_query{*this,
                                "reception",
                                "how many like something or comment on it",
                                &Talk::reception,
                                {{.name = "uri"}}};

  std::vector<std::pair<AtUri, Reception>> popular(const std::string& kind,
                                                   std::size_t limit) const {
    std::vector<std::pair<AtUri, Reception>> found;
    most_popular.scan(most_popular.prefix("social.arabica.alpha." + kind).backwards(),
                      [&](const Rank& /*rank*/, const AtUri& uri, const Reception& reception) {
                        found.emplace_back(uri, reception);
                        return found.size() < limit;
                      });
    return found;
  }
  refold::Query popular_query{
      *this,
      "popular",
      "what is liked and talked of most",
      &Talk::popular,
      {{.name = "kind", .summary = "brew, bean, recipe, ...", .fallback = "brew"},
       {.name = "limit", .fallback = 10, .least = 1, .most = 100}}};

  /// Comments in the order in which one reads them: the oldest first, each followed by its answers.
  std::vector<Said> thread(const AtUri& uri, std::size_t limit) const {
    std::map<AtUri, CommentRow> here;
    std::vector<AtUri> in_order;
    comments_on.scan(comments_on.prefix(uri),
                     [&](const auto& /*by*/, const AtUri& comment, const CommentRow& row) {
                       here.emplace(comment, row);
                       in_order.push_back(comment);
                       return in_order.size() < limit;
                     });
    // An answer to what is not here, any more or yet, is treated as one to nothing.
    std::map<AtUri, std::vector<AtUri>> answers;
    for (const AtUri& comment : in_order) {
      const std::optional<AtUri>& parent = here[comment].parent;
      answers[parent && here.contains(*parent) ? *parent : AtUri()].push_back(comment);
    }
    std::vector<Said> said;
    std::vector<Said> next = {{}};  // the last one is read first
    while (!next.empty()) {
      const Said one = next.back();
      next.pop_back();
      if (!one.uri.empty()) said.push_back(one);
      const auto found = answers.extract(one.uri);
      if (found.empty()) continue;
      const std::uint64_t depth = one.uri.empty() ? 0 : one.depth + 1;
      for (auto answer = found.mapped().rbegin(); answer != found.mapped().rend(); ++answer) {
        next.push_back({*answer, depth, here[*answer].text, here[*answer].time});
      }
    }
    return said;
  }
  refold::Query thread_query{
      *this,
      "thread",
      "what was said of something, answers behind what they answer",
      &Talk::thread,
      {{.name = "uri"}, {.name = "limit", .fallback = 200, .least = 1, .most = 1000}}};

 private:
  void like(const AtUri& subject, std::string_view did, int by) {
    const bool before = likers.contains({subject, did});
    likers.update({subject, did}, [by](std::uint64_t& likes) { likes += std::uint64_t(by); });
    const bool after = likers.contains({subject, did});
    if (before == after) return;
    subjects.update(subject, [&](Reception& now) { after ? ++now.likes : --now.likes; });
  }
  void comment(const refold::RecordChange& change) {
    if (auto old = change.previous<Comment>()) {
      subjects.update(old->subject.uri, [](Reception& now) { --now.comments; });
    }
    if (auto now = change.record<Comment>()) {
      subjects.update(now->subject.uri, [](Reception& reception) { ++reception.comments; });
      const auto parent = now->parent ? std::optional(now->parent->uri) : std::nullopt;
      comments.put(change.uri(),
                   {now->subject.uri, time_of(change, now->created), parent, now->text});
    } else {
      comments.remove(change.uri());
    }
  }
};

}  // namespace arabica
