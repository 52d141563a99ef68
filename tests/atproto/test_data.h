#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace refold::atproto::test {

/// Where the interoperability vectors and captures lie: REFOLD_TEST_DATA, or beside the checkout.
inline std::filesystem::path data_folder() {
  const char* const folder = std::getenv("REFOLD_TEST_DATA");
  return folder != nullptr ? folder : REFOLD_SOURCE_DIR "/../shared/data";
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// The lines of a vector file: no comments, no empty lines.
inline std::vector<std::string> vectors_of(const std::filesystem::path& path) {
  std::vector<std::string> vectors;
  for (const std::string& line : lines_of(path)) {
    if (!line.empty() && line[0] != '#') vectors.push_back(line);
  }
  return vectors;
}

/// "a1 61 61" -> bytes.
inline Bytes from_hex(std::string_view text) {
  Bytes bytes;
  int digits = 0;
  for (const char character : text) {
    if (character == ' ') continue;
    const int value = character <= '9' ? character - '0' : character - 'a' + 10;
    if (digits++ % 2 == 0) {
      bytes.push_back(static_cast<std::uint8_t>(value << 4));
    } else {
      bytes.back() = static_cast<std::uint8_t>(bytes.back() | value);
    }
  }
  return bytes;
}

}  // namespace refold::atproto::test

/// Skips the test, with a word, where the shared test data is not at hand.
#define REFOLD_NEEDS_DATA(path)       \
  if (!std::filesystem::exists(path)) \
  GTEST_SKIP() << "no test data at " << (path).string() << "; set REFOLD_TEST_DATA"
