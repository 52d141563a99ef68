#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/cli/terminal.h"

namespace refold::cli {

/// Columns as wide as their widest cell, two blanks apart; numbers at the right edge. The first row
/// is the head. Cells are ASCII.
class Table {
 public:
  /// `numbers`: for each column, whether it is one of numbers.
  explicit Table(std::vector<bool> numbers) : numbers_(std::move(numbers)) {}

  /// `second`: the colour of the second cell.
  void add(std::vector<std::string> cells, Colour second = Colour::plain) {
    rows_.emplace_back(std::move(cells), second);
  }
  /// One row a line, each with a line break.
  [[nodiscard]] std::string text(const Terminal& terminal) const;

 private:
  std::vector<bool> numbers_;
  std::vector<std::pair<std::vector<std::string>, Colour>> rows_;
};

}  // namespace refold::cli
