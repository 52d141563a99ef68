#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "refold/value.hpp"

namespace refold {

/// A value of a type that a Union does not list.
struct Unknown {
  std::string_view type;  ///< its `$type`; a view into `value`
  Value value;
};

/// One of several structs, told apart by `$type`: each says its own,
///
///   struct Images {
///     static constexpr std::string_view type = "app.bsky.embed.images";
///     ...
///   };
///
/// and whatever has another `$type` is an Unknown.
template <class... Arms>
class Union {
 public:
  using Variant = std::variant<Unknown, Arms...>;

  Union() = default;
  explicit Union(Variant value) : value_(std::move(value)) {}

  /// Null if it is another one.
  template <class Arm>
  [[nodiscard]] const Arm* get_if() const noexcept {
    return std::get_if<Arm>(&value_);
  }
  [[nodiscard]] bool is_unknown() const noexcept { return value_.index() == 0; }
  /// For std::visit.
  [[nodiscard]] const Variant& variant() const noexcept { return value_; }

 private:
  Variant value_;
};

}  // namespace refold
