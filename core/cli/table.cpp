#include "core/cli/table.h"

#include <algorithm>

#include "core/cli/fields.h"

namespace refold::cli {

std::string Table::text(const Terminal& terminal) const {
  std::vector<std::size_t> columns(numbers_.size(), 0);
  for (const auto& [cells, colour] : rows_) {
    for (std::size_t at = 0; at < cells.size(); ++at) {
      columns[at] = std::max(columns[at], cells[at].size());
    }
  }
  std::string text;
  for (const auto& [cells, colour] : rows_) {
    std::string line;
    for (std::size_t at = 0; at < cells.size(); ++at) {
      std::string cell =
          numbers_[at] ? padded_left(cells[at], columns[at]) : padded(cells[at], columns[at]);
      const bool head = &cells == &rows_.front().first;
      line += terminal.paint(head ? Colour::dim : at == 1 ? colour : Colour::plain, cell) + "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace refold::cli
