#pragma once

#include <cstdint>
#include <optional>
#include <refold/projection.hpp>
#include <string>

/// The records of Arabica, with the fields that its projections look at. lexicons/ has all of them.
namespace arabica {

using refold::AtUri;
using refold::Datetime;
using refold::Did;
using refold::StrongRef;
using refold::Time;

/// A cup of coffee. Everything it was made with is a record of its own, of the same author.
struct Brew {
  static constexpr const char* type = "social.arabica.alpha.brew";
  AtUri bean;
  std::optional<AtUri> grinder;
  std::optional<AtUri> brewer;
  std::optional<AtUri> recipe;
  std::optional<std::int64_t> rating;
  std::optional<std::string> method;
  std::optional<std::string> notes;
  Datetime created;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_NAMED("beanRef", bean), REFOLD_NAMED("grinderRef", grinder),
            REFOLD_NAMED("brewerRef", brewer), REFOLD_NAMED("recipeRef", recipe),
            REFOLD_FIELD(rating), REFOLD_FIELD(method), REFOLD_NAMED("tastingNotes", notes),
            REFOLD_NAMED("createdAt", created));
  }
  /// From 1 to 10. Anybody can write a record, with any number in it: others do not count.
  [[nodiscard]] std::optional<std::int64_t> rated() const {
    return rating >= 1 && rating <= 10 ? rating : std::nullopt;
  }
};

/// A bag of coffee beans.
struct Bean {
  static constexpr const char* type = "social.arabica.alpha.bean";
  std::string name;
  std::optional<std::string> origin;
  std::optional<AtUri> roaster;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(name), REFOLD_FIELD(origin), REFOLD_NAMED("roasterRef", roaster));
  }
};

struct Roaster {
  static constexpr const char* type = "social.arabica.alpha.roaster";
  std::string name;
  std::optional<std::string> location;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(name), REFOLD_FIELD(location));
  }
};

/// A recipe; one that was made from another one says so.
struct Recipe {
  static constexpr const char* type = "social.arabica.alpha.recipe";
  std::string name;
  std::optional<AtUri> source;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(name), REFOLD_NAMED("sourceRef", source));
  }
};

struct Like {
  static constexpr const char* type = "social.arabica.alpha.like";
  StrongRef subject;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(subject));
  }
};

/// What somebody says of a record, or to what another one said of it: `parent`.
struct Comment {
  static constexpr const char* type = "social.arabica.alpha.comment";
  StrongRef subject;
  std::optional<StrongRef> parent;
  std::string text;
  Datetime created;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(subject), REFOLD_FIELD(parent), REFOLD_FIELD(text),
            REFOLD_NAMED("createdAt", created));
  }
};

/// Any record of which only the name matters: beans, roasters, recipes, grinders, brewers.
struct Named {
  static constexpr const char* grinder = "social.arabica.alpha.grinder";
  static constexpr const char* brewer = "social.arabica.alpha.brewer";
  std::string name;
  std::optional<Datetime> created;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(name), REFOLD_NAMED("createdAt", created));
  }
};

/// A Bluesky profile: Arabica has none of its own.
struct Profile {
  static constexpr const char* type = "app.bsky.actor.profile";
  std::optional<std::string> name;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_NAMED("displayName", name));
  }
};

/// Where a record belongs in a list by time: at the time that its author says, but not in the
/// future, and where we saw it if the author says nothing.
inline Time time_of(const refold::RecordChange& change, const std::optional<Datetime>& created) {
  const Time seen = change.witness_time();
  const std::optional<Time> said = created ? created->time() : std::nullopt;
  return said && *said < seen ? *said : seen;
}

}  // namespace arabica
