#include "core/projection/code.h"

#include "core/base/assert.h"

namespace refold::projection {

Result<Code> code_of(const plugin::PluginInfo& info, const std::string& projection) {
  const auto& offered = info.projections;
  std::string names;
  std::size_t index = 0;
  for (; index < offered.size() && offered[index].name != projection; ++index) {
    names += (names.empty() ? "" : ", ") + offered[index].name;
  }
  if (index == offered.size()) {
    if (!projection.empty() || offered.size() != 1) {
      return Error{Errc::not_found,
                   "plugin '" + info.name + "' " +
                       (projection.empty() ? "offers several projections: say which of "
                                           : "offers no projection '" + projection + "', but ") +
                       names};
    }
    index = 0;
  }
  Code code;
  code.info = offered[index];
  code.plugin = info.name;
  code.version = info.version;
  code.build_id = info.build_id;
  code.index = static_cast<std::uint32_t>(index);
  return code;
}

Result<Code> code_of(const plugin::Library& library, const std::string& projection) {
  REFOLD_TRY(Code code, code_of(library.info(), projection));
  code.file = library.file();
  code.projection = &library.projection(code.index);
  for (std::uint32_t query = 0; query < code.info.queries.size(); ++query) {
    code.queries.push_back(library.query(code.index, query));
  }
  code.describe = library.describe();
  return code;
}

void name_build(Code& code, const std::string& hash) {
  code.hash = hash;
  if (code.build_id.empty()) code.build_id = hash;
}

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
