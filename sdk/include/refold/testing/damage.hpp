#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "refold/testing/data.hpp"

namespace refold::testing {

/// Records that nobody would expect.
class Damage {
 public:
  explicit Damage(std::mt19937_64& random) noexcept : random_(random) {}

  /// The record cut off, with a bit turned over, or with one of its values changed.
  Data damaged(const Data& record) {
    Bytes bytes = record.bytes();
    switch (below(3)) {
      case 0: bytes.resize(below(bytes.size()) + 1); return Data::raw(bytes);
      case 1:
        bytes[below(bytes.size())] ^= static_cast<std::uint8_t>(1U << below(8));
        return Data::raw(bytes);
      default: {
        std::vector<Data> variants;
        each_variant(record.value(), [&](Data data) { variants.push_back(std::move(data)); });
        return variants[below(variants.size())];
      }
    }
  }
  Data garbage() {
    Bytes bytes(below(60) + 1);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    return Data::raw(bytes);
  }
  /// As many arrays inside one another as a record may have, and more.
  static Data deep(std::size_t depth) {
    Bytes bytes(depth, std::uint8_t{0x81});
    bytes.push_back(0);
    return Data::raw(bytes);
  }

  /// Values that are of another type than most, or hard to take.
  static std::vector<Data> odd_values() {
    return {nullptr,  true, -1,        UINT64_MAX, "",       std::string(20'000, 'x'),
            Bytes{7}, "x",  array({}), object({}), deep(120)};
  }
  /// Calls `made` with the value, changed in one place each time: something in it is missing, or is
  /// another value.
  static void each_variant(const Value& value, const std::function<void(Data)>& made) {
    for (const Data& odd : odd_values()) made(odd);
    std::vector<std::pair<std::string, Data>> fields;
    value.for_each_field(
        [&fields](std::string_view name, const Value& field) { fields.emplace_back(name, field); });
    std::vector<Data> items;
    value.for_each_item([&items](const Value& item) { items.emplace_back(item); });
    for (std::size_t i = 0; i < fields.size(); ++i) {
      auto changed = fields;
      changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
      made(object(changed));
      each_variant(fields[i].second.value(), [&](const Data& variant) {
        changed = fields;
        changed[i].second = variant;
        made(object(changed));
      });
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      each_variant(items[i].value(), [&](const Data& variant) {
        auto changed = items;
        changed[i] = variant;
        made(array(changed));
      });
    }
  }

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  std::mt19937_64& random_;
};

}  // namespace refold::testing
