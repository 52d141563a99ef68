#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace refold::engine {

/// Where in a file something stands; zeros: nowhere.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// A value of a configuration, and where it stands: out of a TOML file, or of the environment.
struct Node {
  enum class Kind : std::uint8_t { text, integer, boolean, list, table, other };

  Kind kind = Kind::text;
  Place place{};
  std::string variable{};  ///< of the environment that it comes from; then its kind is text
  std::string text{};
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<Node> items;

  struct Member;
  std::vector<Member> members;  ///< of a table

  [[nodiscard]] const Member* find(std::string_view key) const noexcept;
};

struct Node::Member {
  std::string key;
  Place place;
  Node value;
};

inline const Node::Member* Node::find(std::string_view key) const noexcept {
  for (const Member& one : members) {
    if (one.key == key) return &one;
  }
  return nullptr;
}

/// What is wrong with the syntax of a file, and where.
struct SyntaxError {
  Place place;
  std::string sentence;
};

/// The table that a TOML text is; none: see `error`.
[[nodiscard]] std::optional<Node> parse_toml(std::string_view text, SyntaxError& error);

}  // namespace refold::engine
