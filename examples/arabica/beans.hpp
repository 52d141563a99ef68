#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "records.hpp"
#include "score.hpp"

namespace arabica {

struct BeanRow {
  std::string name;
  std::optional<std::string> origin;
  std::optional<AtUri> roaster;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(name), REFOLD_FIELD(origin), REFOLD_FIELD(roaster));
  }
};

struct RoasterRow {
  std::string name;
  std::optional<std::string> location;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(name), REFOLD_FIELD(location));
  }
};

struct BrewRow {
  AtUri bean;
  Time time;
  std::optional<std::int64_t> rating;
  std::optional<std::string> method;
  std::optional<std::string> notes;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(bean), REFOLD_FIELD(time), REFOLD_FIELD(rating), REFOLD_FIELD(method),
            REFOLD_FIELD(notes));
  }
};

/// A bean or a roaster, as it is answered: where it is from, and for a bean, who roasted it.
struct Rated {
  AtUri uri;
  std::string name;
  std::optional<std::string> from;
  std::optional<std::string> roaster;
  Score score;
  template <class Archive>
  void serialize(Archive& archive) {
    const std::optional<double> average = score.average();
    archive(REFOLD_FIELD(uri), REFOLD_FIELD(name), REFOLD_FIELD(from), REFOLD_FIELD(roaster),
            REFOLD_FIELD(average), REFOLD_NAMED("rated", score.rated));
  }
};

/// All there is to tell about a bean: none if it is not here, but its brews may be.
struct BeanPage {
  std::optional<Rated> bean;
  refold::Page<std::pair<AtUri, BrewRow>> brews;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(bean), REFOLD_FIELD(brews));
  }
};

/// Beans and roasters, with the average rating of what was brewed of them.
///
/// A brew names its bean, and a bean its roaster. They come in any order, and any of them may go.
/// So a rating is kept by the bean that it names, whether that is here or not; and a bean that
/// comes brings its score to its roaster, and takes it along when it goes.
struct Beans : refold::Projection {
  static constexpr refold::Manifest manifest{
      .name = "beans",
      .summary = "beans and roasters, with the average rating of their brews",
      .fold = 1,
      .collections = {Brew::type, Bean::type, Roaster::type}};

  refold::Table<AtUri, BeanRow> beans{*this, "beans"};
  refold::Table<AtUri, RoasterRow> roasters{*this, "roasters"};
  refold::Table<AtUri, BrewRow> brews{*this, "brews"};
  refold::Index<std::tuple<AtUri, Time>, AtUri, BrewRow> brews_of{
      brews, "brews-of", [](const BrewRow& brew) { return std::tuple(brew.bean, brew.time); }};

  refold::Table<AtUri, Score> bean_scores{*this, "bean-scores"};
  refold::Table<AtUri, Score> roaster_scores{*this, "roaster-scores"};
  refold::Index<std::int64_t, AtUri, Score> best_beans{bean_scores, "best-beans", rank};
  refold::Index<std::int64_t, AtUri, Score> best_roasters{roaster_scores, "best-roasters", rank};

  void apply(const refold::RecordChange& change) {
    if (change.collection() == Brew::type) brewed(change);
    if (change.collection() == Bean::type) stocked(change);
    if (change.collection() == Roaster::type) opened(change);
  }

  BeanPage bean(const AtUri& uri, std::size_t limit, const refold::Cursor& cursor) const {
    const auto brew = [this](const auto& /*by*/, const AtUri& uri_of_brew) {
      return std::pair(uri_of_brew, brews.get(uri_of_brew).value_or(BrewRow{}));
    };
    return {rated_bean(uri),
            refold::page(brews_of, brews_of.prefix(uri).backwards(), cursor, limit, brew)};
  }
  refold::Query bean_query{*this,
                           "bean",
                           "a bean, its score, and what was brewed of it, the newest first",
                           &Beans::bean,
                           {{.name = "uri"},
                            {.name = "limit", .fallback = 20, .least = 1, .most = 100},
                            {.name = "cursor", .summary = "of the page before"}}};

  std::vector<Rated> top(std::size_t limit, std::int64_t least) const {
    return best(best_beans, limit, least, [this](const AtUri& uri) { return rated_bean(uri); });
  }
  refold::Query top_query{*this, "top", "the beans that are liked best", &Beans::top, arguments};

  std::vector<Rated> top_roasters(std::size_t limit, std::int64_t least) const {
    return best(best_roasters, limit, least,
                [this](const AtUri& uri) { return rated_roaster(uri); });
  }
  refold::Query roasters_query{*this, "roasters", "the roasters whose beans are liked best",
                               &Beans::top_roasters, arguments};

 private:
  static constexpr const char* least_summary = "only what has so many ratings";
  static inline const refold::Argument arguments[] = {
      {.name = "limit", .fallback = 10, .least = 1, .most = 100},
      {.name = "least", .summary = least_summary, .fallback = 1, .least = 1}};

  /// What an average is sorted by: in hundredths.
  static std::int64_t rank(const Score& score) { return score.sum * 100 / score.rated; }

  void brewed(const refold::RecordChange& change) {
    if (auto old = change.previous<Brew>()) rate(*old, -1);
    if (auto now = change.record<Brew>()) {
      rate(*now, +1);
      brews.put(change.uri(),
                {now->bean, time_of(change, now->created), now->rated(), now->method, now->notes});
    } else {
      brews.remove(change.uri());
    }
  }
  void rate(const Brew& brew, int times) {
    const auto rating = brew.rated();
    if (!rating) return;
    add(bean_scores, brew.bean, {1, *rating}, times);
    const auto bean = beans.get(brew.bean);
    if (bean && bean->roaster) add(roaster_scores, *bean->roaster, {1, *rating}, times);
  }

  void stocked(const refold::RecordChange& change) {
    const AtUri uri = change.uri();
    lend_score(uri, -1);
    if (auto bean = change.record<Bean>()) {
      beans.put(uri, {bean->name, bean->origin, bean->roaster});
    } else {
      beans.remove(uri);
    }
    lend_score(uri, +1);
  }
  /// The roaster of a bean, if it has one, has the bean's score in its own.
  void lend_score(const AtUri& uri, int times) {
    const auto bean = beans.get(uri);
    if (!bean || !bean->roaster) return;
    add(roaster_scores, *bean->roaster, bean_scores.get(uri).value_or(Score{}), times);
  }
  static void add(refold::Table<AtUri, Score>& scores, const AtUri& uri, Score score, int times) {
    scores.update(uri, [&](Score& sum) {
      sum.rated += score.rated * times;
      sum.sum += score.sum * times;
    });
  }

  void opened(const refold::RecordChange& change) {
    if (auto roaster = change.record<Roaster>()) {
      roasters.put(change.uri(), {roaster->name, roaster->location});
    } else {
      roasters.remove(change.uri());
    }
  }

  std::optional<Rated> rated_bean(const AtUri& uri) const {
    const auto bean = beans.get(uri);
    if (!bean) return std::nullopt;
    const auto roaster = bean->roaster ? roasters.get(*bean->roaster) : std::nullopt;
    return Rated{uri, bean->name, bean->origin,
                 roaster ? std::optional(roaster->name) : std::nullopt,
                 bean_scores.get(uri).value_or(Score{})};
  }
  std::optional<Rated> rated_roaster(const AtUri& uri) const {
    const auto roaster = roasters.get(uri);
    if (!roaster) return std::nullopt;
    return Rated{uri, roaster->name, roaster->location, std::nullopt,
                 roaster_scores.get(uri).value_or(Score{})};
  }
  /// The first of a ranking that are here and have enough ratings.
  template <class Look>
  static std::vector<Rated> best(const refold::Index<std::int64_t, AtUri, Score>& ranking,
                                 std::size_t limit, std::int64_t least, const Look& look) {
    std::vector<Rated> found;
    ranking.scan(ranking.all().backwards(), [&](std::int64_t /*rank*/, const AtUri& uri) {
      const auto item = look(uri);
      if (item && item->score.rated >= least) found.push_back(*item);
      return found.size() < limit;
    });
    return found;
  }
};

}  // namespace arabica
