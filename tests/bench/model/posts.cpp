#include "tests/bench/model/posts.h"

#include <cmath>

namespace refold::bench {
namespace {

constexpr double minute_us = 60e6;
constexpr double age_minutes_max = 60.0 * 24 * 365 * 2;
/// Posts live in ages between a minute and two years; young ones are liked more often.
constexpr double age_power = 1.6;

}  // namespace

Posts::Posts(Network& network, Random& random, std::uint64_t events)
    : network_(network),
      random_(random),
      posts_(events / 6, posts_max),
      subjects_(events / 2, subjects_max) {}

PostRef Posts::from_before(std::int64_t now_us) {
  PostRef ref;
  ref.author =
      random_.chance(outside_author_share) ? network_.outside_actor() : network_.popular_actor();
  const double minutes = std::exp(std::pow(random_.unit(), age_power) * std::log(age_minutes_max));
  const auto age_us = static_cast<std::int64_t>(minutes * minute_us * (1.0 + random_.unit()));
  ref.rkey = network_.past_tid(ref.author, now_us, age_us);
  for (std::size_t i = 0; i < ref.cid.digest.size(); i += sizeof(std::uint64_t)) {
    store_le(ref.cid.digest.data() + i, random_.bits());
  }
  return ref;
}

PostRef Posts::subject(std::int64_t now_us) {
  const double choice = random_.unit();
  PostRef chosen;
  if (choice < copied_share && !subjects_.empty()) {
    chosen = subjects_.any(random_);
  } else if (choice < copied_share + window_share && !posts_.empty()) {
    chosen = posts_.mostly_young(random_).self;
  } else {
    chosen = from_before(now_us);
  }
  subjects_.add(chosen);
  return chosen;
}

Post Posts::answered(std::int64_t now_us) {
  const double choice = random_.unit();
  if (choice < 0.55 && !posts_.empty()) return posts_.mostly_young(random_);
  Post post;
  post.self = choice < 0.70 && !subjects_.empty() ? subjects_.any(random_) : from_before(now_us);
  post.root = random_.chance(0.5) ? post.self : from_before(now_us);
  return post;
}

}  // namespace refold::bench
