#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <refold/projection.hpp>
#include <string>
#include <vector>

/// Version 2: from some day on, applications write decigrams into the same field.
namespace arabica::decigrams {

/// What it reads of a social.arabica.alpha.brew.
struct Brew {
  std::string method;
  std::int64_t amount = 0;  // grams or decigrams: that is told by the time of the commit
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(method), REFOLD_NAMED("coffeeAmount", amount));
  }
};

struct Cup {
  std::string method;
  std::int64_t decigrams = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(method), REFOLD_FIELD(decigrams));
  }
  [[nodiscard]] bool counts() const { return decigrams > 0 && decigrams <= 100'000; }
};

struct Dose {
  std::int64_t brews = 0;
  std::int64_t decigrams = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(brews), REFOLD_FIELD(decigrams));
  }
};

struct Method {
  std::string method;
  std::int64_t brews = 0;
  double grams = 0;  // on average
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(method), REFOLD_FIELD(brews), REFOLD_FIELD(grams));
  }
};

/// How much coffee people take, by the method of brewing.
struct Doses : refold::Projection {
  static constexpr refold::Manifest manifest{.name = "doses",
                                             .summary = "how much coffee people take",
                                             .fold = 2,  // the rows are others now: build them anew
                                             .collections = {"social.arabica.alpha.brew"}};

  refold::Option<refold::Time> since{
      *this, {.name = "decigrams-since", .summary = "brews of commits before then say grams"}};

  refold::Table<std::string, Dose> doses{*this, "doses"};
  /// What each brew has added. Of `previous` the log does not say when it was committed, so what is
  /// taken back is what was remembered.
  refold::Table<refold::AtUri, Cup> cups{*this, "cups"};

  void apply(const refold::RecordChange& change) {
    const refold::AtUri uri = change.uri();
    if (auto old = cups.get(uri)) add(*old, -1);
    cups.remove(uri);
    if (auto now = cup_of(change)) {
      add(*now, +1);
      cups.put(uri, *now);
    }
  }

  std::vector<Method> methods() const {
    std::vector<Method> found;
    doses.scan([&](const std::string& method, const Dose& dose) {
      const double mean = static_cast<double>(dose.decigrams) / static_cast<double>(dose.brews);
      found.push_back({method, dose.brews, std::round(mean) / 10});
    });
    return found;
  }
  refold::Query methods_query{*this, "methods", "grams of coffee, on average, by method",
                              &Doses::methods};

 private:
  std::optional<Cup> cup_of(const refold::RecordChange& change) const {
    const auto brew = change.record<Brew>();
    if (!brew || brew->amount <= 0 || brew->amount > 100'000) return std::nullopt;
    const bool in_grams = change.commit_time().value_or(change.witness_time()) < *since;
    const Cup cup{brew->method, in_grams ? brew->amount * 10 : brew->amount};
    return cup.counts() ? std::optional(cup) : std::nullopt;
  }
  void add(const Cup& cup, int times) {
    doses.update(cup.method, [&](Dose& dose) {
      dose.brews += times;
      dose.decigrams += cup.decigrams * times;
    });
  }
};

}  // namespace arabica::decigrams
