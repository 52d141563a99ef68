#pragma once

#include <array>
#include <cstdint>

namespace refold {

/// The collections that a projection is given records of: NSIDs, or prefixes such as "app.bsky.*".
/// None: all collections.
struct Collections {
  static constexpr std::size_t max = 64;

  constexpr Collections() = default;
  template <class... Rest>
  constexpr Collections(const char* first, Rest... rest)  // NOLINT(google-explicit-constructor)
      : names{first, rest...}, count(1 + sizeof...(rest)) {
    static_assert(1 + sizeof...(rest) <= max, "refold: too many collections");
  }

  std::array<const char*, max> names{};
  std::uint32_t count = 0;
};

/// What a projection says of itself: a `static constexpr refold::Manifest manifest{...}` in it.
struct Manifest {
  /// Unique in an engine: a-z, 0-9 and '-', the first a letter, at most 63.
  const char* name = "";
  /// One line for people.
  const char* summary = "";
  /// Change it whenever any row may come out different, for any log: the engine then builds the
  /// tables again, beside the old ones. With the same number, new code takes over the rows as they
  /// are.
  std::uint64_t fold = 1;
  Collections collections{};
  /// To be given everything as it was witnessed: also what is late, redacted or without effect, and
  /// other kinds of events.
  bool history = false;
  /// To ask for account().
  bool account_status = false;
};

namespace detail {

constexpr bool valid_name(const char* name) noexcept {
  if (*name < 'a' || *name > 'z') return false;
  std::size_t length = 0;
  for (; name[length] != 0; ++length) {
    const char c = name[length];
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return length <= 63;
}

}  // namespace detail
}  // namespace refold
