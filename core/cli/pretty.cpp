#include "core/cli/pretty.h"

#include <cstddef>

namespace refold::cli {

namespace {

/// The length of the text literal at the start of `json`, quotes included.
std::size_t literal_size(std::string_view json) {
  std::size_t at = 1;
  while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2 : 1;
  return at < json.size() ? at + 1 : json.size();
}

}  // namespace

std::string pretty_json(std::string_view compact, const Terminal& terminal) {
  std::string out;
  std::size_t depth = 0;
  const auto break_line = [&] { out.append(1, '\n').append(depth * 2, ' '); };
  while (!compact.empty()) {
    const char sign = compact[0];
    std::size_t size = 1;
    if (sign == '"') {
      size = literal_size(compact);
      const bool is_key = size < compact.size() && compact[size] == ':';
      out += terminal.paint(is_key ? Colour::blue : Colour::plain, compact.substr(0, size));
    } else if (sign == '{' || sign == '[') {
      out += sign;
      if (compact.size() > 1 && (compact[1] == '}' || compact[1] == ']')) {
        out += compact[1];
        size = 2;
      } else {
        ++depth;
        break_line();
      }
    } else if (sign == '}' || sign == ']') {
      --depth;
      break_line();
      out += sign;
    } else if (sign == ',') {
      out += sign;
      break_line();
    } else if (sign == ':') {
      out += ": ";
    } else {
      out += sign;
    }
    compact.remove_prefix(size);
  }
  return out;
}

}  // namespace refold::cli
