#include "core/cli/plugin_lines.h"

#include <utility>

#include "core/cli/console.h"
#include "core/cli/text.h"

namespace refold::cli {

projection::LogSink PluginLines::sink() {
  return [this](std::string_view projection, int level, std::string_view line) {
    add(projection, level, line);
  };
}

void PluginLines::add(std::string_view projection, int level, std::string_view line) {
  if (level < REFOLD_WARNING) return;
  const std::lock_guard lock(mutex_);
  if (lines_.size() >= lines_max) {
    ++more_;
    return;
  }
  std::string text(projection);
  text += level >= REFOLD_ERROR ? ": error: " : ": warning: ";
  text += line;
  lines_.push_back(text + "\n");
}

bool PluginLines::waiting() const {
  const std::lock_guard lock(mutex_);
  return !lines_.empty();
}

void PluginLines::print() {
  std::vector<std::string> lines;
  std::size_t more = 0;
  {
    const std::lock_guard lock(mutex_);
    lines = std::exchange(lines_, {});
    more = std::exchange(more_, 0);
  }
  std::string text;
  for (const std::string& line : lines) text += line;
  if (more > 0) text += counted(more, "more line") + " of plugins\n";
  if (!text.empty()) (void)console().write(Console::To::err, text);
}

}  // namespace refold::cli
