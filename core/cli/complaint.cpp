#include "core/cli/complaint.h"

#include <algorithm>

#include "core/cli/console.h"

namespace refold::cli {

std::string complaint(std::string_view message, bool colours) {
  Terminal terminal;
  terminal.colours = colours;
  std::string text = terminal.paint(Colour::red, "refold:");
  std::string_view indent = " ";
  while (true) {
    const auto end = message.find('\n');
    text += indent;
    text += message.substr(0, end);
    text += '\n';
    if (end == std::string_view::npos) return text;
    message.remove_prefix(end + 1);
    message.remove_prefix(std::min(message.find_first_not_of(' '), message.size()));
    indent = "        ";
  }
}

void complain(std::string_view message) {
  const bool colours = console().terminal(Console::To::err).colours;
  (void)console().write(Console::To::err, complaint(message, colours));
}

}  // namespace refold::cli
