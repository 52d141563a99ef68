#include "core/cli/fields.h"

#include <algorithm>

namespace refold::cli {

void Fields::add_number(std::string name, std::string number, std::string_view note) {
  std::string value = padded_left(std::move(number), number_columns);
  if (!note.empty()) value.append("  ").append(note);
  add(std::move(name), std::move(value));
}

std::string Fields::text(const Terminal& terminal) const {
  std::size_t columns = 0;
  for (const auto& [name, value] : rows_) {
    if (!value.empty()) columns = std::max(columns, name.size());
  }
  std::string out;
  for (const auto& [name, value] : rows_) {
    if (value.empty()) continue;
    out += terminal.paint(Colour::dim, padded(name, columns + 2)) + value + "\n";
  }
  return out;
}

std::string padded(std::string text, std::size_t columns) {
  if (text.size() < columns) text.append(columns - text.size(), ' ');
  return text;
}

std::string padded_left(std::string text, std::size_t columns) {
  if (text.size() < columns) text.insert(0, columns - text.size(), ' ');
  return text;
}

}  // namespace refold::cli
