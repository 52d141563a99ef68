#pragma once

#include <string_view>

#include "refold/base.hpp"

namespace refold {

/// An option of a projection, set in the configuration and checked before the projection starts:
///
///   refold::Option<std::int64_t> least{*this, {.name = "least", .summary = "...", .fallback = 3}};
///   ...
///   if (count < *least) return;
///
/// It has its value in apply() and in queries, not yet in the constructor. Other values make other
/// tables: the engine builds them anew when an option changes.
template <class T>
class Option {
 public:
  Option(Projection& owner, Argument argument) {
    argument = detail::ArgumentForm<T>::declare(std::move(argument));
    detail::instance_of(owner).options.push_back(
        {argument, detail::ArgumentForm<T>::type, [this, argument](std::string_view text) {
           value_ = detail::read_argument<T>(argument, text);
         }});
  }
  Option(const Option&) = delete;
  Option& operator=(const Option&) = delete;

  [[nodiscard]] const T& operator*() const noexcept { return value_; }
  [[nodiscard]] const T* operator->() const noexcept { return &value_; }

 private:
  T value_{};
};

}  // namespace refold
