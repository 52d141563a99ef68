#pragma once

#include <fstream>
#include <string>

#include "tests/projection/fixture.h"
#include "tests/support/plugins.h"

namespace refold::projection {

/// Projections out of libraries.
struct LibraryTest : ProjectionTest {
  LibraryTest() { options.probe.runner = runner; }

  /// The build's folder may be one that others may write, so a copy of a plugin is what is loaded.
  [[nodiscard]] std::filesystem::path library(const std::string& name) const {
    const std::filesystem::path copy = folder / (name + ".so");
    if (!std::filesystem::exists(copy)) {
      std::filesystem::copy_file(refold::testing::test_plugin(name), copy);
      std::filesystem::permissions(copy, std::filesystem::perms(0600));
    }
    return copy;
  }
  Result<Done> try_load(const std::string& file, const std::string& name) {
    if (!projections) open();
    LoadRequest request;
    request.name = name;
    request.library = library(file);
    return projections->load(request);
  }

  /// The staged libraries whose code is mapped into this process.
  [[nodiscard]] std::vector<std::string> mapped() const {
    std::ifstream maps("/proc/self/maps");
    std::vector<std::string> files;
    for (std::string line; std::getline(maps, line);) {
      const std::size_t at = line.find((data / "plugins").native());
      if (at != line.npos && line.find(" r-xp ") != line.npos) files.push_back(line.substr(at));
    }
    return files;
  }
};

}  // namespace refold::projection
