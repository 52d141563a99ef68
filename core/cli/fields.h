#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/cli/terminal.h"

namespace refold::cli {

/// A list of names and values for people, the values in one column:
///
///     events      12,281
///     sealed      8,192 in 2 segments
class Fields {
 public:
  /// Rows with an empty value are left out when they are shown.
  void add(std::string name, std::string value) {
    rows_.emplace_back(std::move(name), std::move(value));
  }
  /// The same with the value ("12,281") at the right edge of a column of numbers.
  void add_number(std::string name, std::string number, std::string_view note = {});

  /// One row a line, each with a line break.
  [[nodiscard]] std::string text(const Terminal& terminal) const;

 private:
  static constexpr std::size_t number_columns = 12;
  std::vector<std::pair<std::string, std::string>> rows_;
};

/// `text` (ASCII) with blanks after it, or before it, up to `columns`.
[[nodiscard]] std::string padded(std::string text, std::size_t columns);
[[nodiscard]] std::string padded_left(std::string text, std::size_t columns);

}  // namespace refold::cli
