#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "refold/abi.h"
#include "refold/types.hpp"

namespace refold {

/// The value of an option or a parameter that nobody gave; without one, it must be given.
class Fallback {
 public:
  Fallback() = default;
  Fallback(const char* text) : text_(text) {}             // NOLINT(google-explicit-constructor)
  Fallback(std::string text) : text_(std::move(text)) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  Fallback(T value)  // NOLINT(google-explicit-constructor)
      : text_(std::is_same_v<T, bool> ? (value ? "true" : "false") : std::to_string(value)) {}

  /// As people write it; null if there is none.
  [[nodiscard]] const char* text() const noexcept { return text_ ? text_->c_str() : nullptr; }

 private:
  std::optional<std::string> text_;
};

/// What is given from outside: an option of a projection, or a parameter of a query.
struct Argument {
  const char* name = "";  ///< letters, digits, '-' and '_'
  const char* summary = "";
  Fallback fallback{};
  /// Bounds of an integer (those of its type, if they are narrower); the longest text in bytes.
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

namespace detail {

template <class T>
concept TextArgument = std::same_as<T, std::string> || std::same_as<T, std::string_view> ||
    std::derived_from<T, Name<T>> || std::same_as<T, Tid> || std::same_as<T, Cid>;

/// How an argument of type T is declared and read.
template <class T>
struct ArgumentForm {
  static_assert(sizeof(T) == 0,
                "refold: an option or a parameter is a bool, an integer, a Time, a std::string, a "
                "Did, Nsid, AtUri, Handle, RecordKey, Tid or Cid, or a std::optional of a text");
};

template <>
struct ArgumentForm<bool> {
  static constexpr std::uint32_t type = REFOLD_BOOLEAN;
  static Argument declare(Argument argument) { return argument; }
  static bool read(std::string_view text) { return text == "true"; }
};

template <std::integral T>
requires(!std::same_as<T, bool>) struct ArgumentForm<T> {
  static constexpr std::uint32_t type = REFOLD_INTEGER;
  static Argument declare(Argument argument) {
    using Limits = std::numeric_limits<T>;
    if (!std::in_range<T>(argument.least))
      argument.least = static_cast<std::int64_t>(Limits::min());
    if (std::cmp_greater(argument.most, Limits::max())) {
      argument.most = static_cast<std::int64_t>(Limits::max());
    }
    return argument;
  }
  static T read(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
      throw std::invalid_argument("'" + std::string(text) + "' is no such integer");
    }
    return value;
  }
};

template <>
struct ArgumentForm<Time> {
  static constexpr std::uint32_t type = REFOLD_TIME;
  static Argument declare(Argument argument) { return argument; }
  static Time read(std::string_view text) {
    return Time(std::chrono::microseconds(ArgumentForm<std::int64_t>::read(text)));
  }
};

template <TextArgument T>
struct ArgumentForm<T> {
  static constexpr std::uint32_t type = REFOLD_TEXT;
  static constexpr std::int64_t bytes_max = 8192;
  static Argument declare(Argument argument) {
    argument.least = 0;
    if (argument.most == Argument{}.most) argument.most = bytes_max;
    return argument;
  }
  static T read(std::string_view text) {
    if constexpr (std::same_as<T, Tid> || std::same_as<T, Cid>) {
      if (const auto value = T::parse(text)) return *value;
      throw std::invalid_argument("'" + std::string(text) + "' is no " +
                                  (std::same_as<T, Tid> ? "TID" : "CID"));
    } else if constexpr (std::same_as<T, std::string_view>) {
      return text;
    } else {
      return T(std::string(text));
    }
  }
};

/// Nothing is what an empty text says, and no text at all.
template <TextArgument T>
struct ArgumentForm<std::optional<T>> {
  static constexpr std::uint32_t type = REFOLD_TEXT;
  static Argument declare(Argument argument) {
    if (argument.fallback.text() == nullptr) argument.fallback = "";
    return ArgumentForm<T>::declare(argument);
  }
  static std::optional<T> read(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return ArgumentForm<T>::read(text);
  }
};

/// The same, with the argument's name in what is wrong.
template <class T>
T read_argument(const Argument& argument, std::string_view text) {
  try {
    return ArgumentForm<T>::read(text);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string(argument.name) + ": " + error.what());
  }
}

}  // namespace detail
}  // namespace refold
