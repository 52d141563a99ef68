#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <refold/projection.hpp>
#include <string>
#include <vector>

/// Version 1: a brew says in grams how much coffee was used.
namespace arabica::grams {

/// What it reads of a social.arabica.alpha.brew.
struct Brew {
  std::string method;
  std::int64_t amount = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(method), REFOLD_NAMED("coffeeAmount", amount));
  }
  [[nodiscard]] bool counts() const { return amount > 0 && amount <= 10'000; }
};

struct Dose {
  std::int64_t brews = 0;
  std::int64_t grams = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(brews), REFOLD_FIELD(grams));
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
                                             .fold = 1,
                                             .collections = {"social.arabica.alpha.brew"}};

  refold::Table<std::string, Dose> doses{*this, "doses"};

  void apply(const refold::RecordChange& change) {
    if (auto old = change.previous<Brew>()) add(*old, -1);
    if (auto now = change.record<Brew>()) add(*now, +1);
  }

  std::vector<Method> methods() const {
    std::vector<Method> found;
    doses.scan([&](const std::string& method, const Dose& dose) {
      const double grams = static_cast<double>(dose.grams) / static_cast<double>(dose.brews);
      found.push_back({method, dose.brews, std::round(grams * 10) / 10});
    });
    return found;
  }
  refold::Query methods_query{*this, "methods", "grams of coffee, on average, by method",
                              &Doses::methods};

 private:
  void add(const Brew& brew, int times) {
    if (!brew.counts()) return;
    doses.update(brew.method, [&](Dose& dose) {
      dose.brews += times;
      dose.grams += brew.amount * times;
    });
  }
};

}  // namespace arabica::grams
