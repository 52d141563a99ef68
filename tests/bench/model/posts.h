#pragma once

#include <cstdint>

#include "core/atproto/cid.h"
#include "core/atproto/tid.h"
#include "tests/bench/model/network.h"
#include "tests/bench/model/random.h"
#include "tests/bench/model/ring.h"

namespace refold::bench {

/// What a strong reference to a post names.
struct PostRef {
  ActorId author = 0;
  atproto::Tid rkey{};
  atproto::Cid cid{};
};

/// A post and the first one of its thread (itself, if it answers none).
struct Post {
  PostRef self;
  PostRef root;
};

/// The posts that likes, reposts, quotes and answers are about: those of the window, and those from
/// before it. Nobody can have seen a record of the latter; their authors may act in the window.
class Posts {
 public:
  static constexpr std::uint64_t posts_max = std::uint64_t{1} << 18;
  static constexpr std::uint64_t subjects_max = std::uint64_t{1} << 18;

  /// How a subject is chosen. The rest comes from before the window and is new to it.
  static constexpr double copied_share = 0.42;  ///< what somebody else has just liked or reposted
  static constexpr double window_share = 0.23;  ///< a post of the window, mostly a young one
  static constexpr double outside_author_share =
      0.35;  ///< of the rest: by somebody not seen acting

  Posts(Network& network, Random& random, std::uint64_t events);

  void created(const Post& post) { posts_.add(post); }
  /// The subject of a like or a repost. Popularity grows by itself: what was chosen is copied.
  [[nodiscard]] PostRef subject(std::int64_t now_us);
  /// What a new post answers or quotes.
  [[nodiscard]] Post answered(std::int64_t now_us);
  /// A post of the window, to be edited. Precondition: there is one.
  [[nodiscard]] const Post& recent() { return posts_.mostly_young(random_); }
  [[nodiscard]] bool empty() const noexcept { return posts_.empty(); }

 private:
  [[nodiscard]] PostRef from_before(std::int64_t now_us);

  Network& network_;
  Random& random_;
  Ring<Post> posts_;
  Ring<PostRef> subjects_;
};

}  // namespace refold::bench
