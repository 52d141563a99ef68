#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "core/engine/config/read.h"
#include "tests/support/temp_folder.h"

namespace refold::engine {

using refold::testing::content_of;
using refold::testing::TempFolder;
using ::testing::HasSubstr;

/// A refold.toml in a folder of the test's own.
class WithConfig : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text,
                              mode_t mode = 0600) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    ::chmod((folder_ / name).c_str(), mode);
    return folder_ / name;
  }
  ReadConfig read(const std::string& toml, const Environment& environment = {}) {
    return read_config(write("refold.toml", toml), environment);
  }
  /// The configuration that a text means, which must be right.
  Config config(const std::string& toml, const Environment& environment = {}) {
    auto read = config_of(this->read(toml, environment));
    EXPECT_TRUE(read.has_value()) << read.error().message;
    return read.has_value() ? *read : Config{};
  }
  /// What is wrong with a text: all problems, without the folder, a line each.
  std::string wrong(const std::string& toml, const Environment& environment = {}) {
    std::string all;
    for (const ConfigProblem& one : read(toml, environment).problems) {
      std::string text = one.text();
      const std::string folder = folder_.path().string() + "/";
      for (std::size_t at = 0; (at = text.find(folder, at)) != std::string::npos;) {
        text.erase(at, folder.size());
      }
      all += text + "\n";
    }
    return all;
  }

  TempFolder folder_;
};

}  // namespace refold::engine
