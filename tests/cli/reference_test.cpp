#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "tests/cli/fixture.h"

namespace refold::cli {
namespace {

/// docs/cli.md beside what the program says of itself.
class Reference : public Command {
 protected:
  using Words = std::vector<std::string>;

  /// The names that the help of `command` (" log tail"; "": the program) lists below `title`.
  Words listed(const std::string& command, const std::string& title) {
    std::istringstream help(shell(binary + command + " --help").out);
    Words words;
    std::string line;
    while (std::getline(help, line) && line != title) continue;
    while (std::getline(help, line) && !line.empty()) {
      if (line[2] == ' ') continue;  // the text of the line before
      std::istringstream names(line.substr(2, line.find(' ', 2) - 2));
      for (std::string name; std::getline(names, name, ',');) words.push_back(name);
    }
    return words;
  }
  Words commands(const std::string& above = "") {
    Words all;
    for (const auto& name : listed(above, "Commands:")) {
      const Words below = commands(above + " " + name);
      all.insert(all.end(), below.begin(), below.end());
    }
    return all.empty() ? Words{above} : all;
  }
  static bool names(const std::string& text, const std::string& word) {
    return std::regex_search(text, std::regex("(^|[^\\w-])" + word + "($|[^\\w-])"));
  }

  const std::string page_ = content_of(REFOLD_SOURCE_DIR "/docs/cli.md");
};

TEST_F(Reference, EveryCommandHasASectionThatNamesItsArguments) {
  const std::string common = page_.substr(0, page_.find("\n## import\n"));
  for (const auto& option : listed("", "Options:")) EXPECT_TRUE(names(common, option)) << option;
  ASSERT_GE(commands().size(), 11U);
  for (const auto& command : commands()) {
    const auto begin = page_.find("\n##" + command + "\n");
    ASSERT_NE(begin, std::string::npos) << command;
    const std::string section = page_.substr(begin, page_.find("\n## ", begin + 1) - begin);
    Words words = listed(command, "Options:");
    for (const auto& argument : listed(command, "Arguments:")) words.push_back(argument);
    ASSERT_GE(words.size(), 3U) << command;
    for (const auto& word : words) EXPECT_TRUE(names(common + section, word)) << command << word;
  }
}

}  // namespace
}  // namespace refold::cli
