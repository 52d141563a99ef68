#include "core/projection/code.h"

#include "core/base/assert.h"

namespace refold::projection {

std::vector<std::string> view_tables(const plugin::ProjectionInfo& info) {
  std::vector<std::string> tables = info.tables;
  if ((info.wants & REFOLD_ACCOUNT_STATUS) != 0) tables.emplace_back(accounts_table);
  return tables;
}

std::string options_text(const plugin::ProjectionInfo& info,
                         const std::vector<std::string>& values) {
  REFOLD_ASSERT(values.size() == info.options.size(), "a value for each option");
  std::string text;
  for (std::size_t index = 0; index < values.size(); ++index) {
    text += info.options[index].name + '=';
    // A value may hold line ends: without this, two values could pass for other two.
    for (const char letter : values[index]) {
      if (letter == '\n') {
        text += "\\n";
      } else if (letter == '\\') {
        text += "\\\\";
      } else {
        text += letter;
      }
    }
    text += '\n';
  }
  return text;
}

}  // namespace refold::projection
