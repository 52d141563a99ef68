#pragma once

#include <gtest/gtest.h>
#include <zstd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace refold::testing {

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

/// The content of a zstd file, of any window.
inline std::string unpacked(const std::filesystem::path& path) {
  const std::string packed = read_file(path);
  ZSTD_DStream* const stream = ZSTD_createDStream();
  ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 31);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::string all;
  std::string piece(ZSTD_DStreamOutSize(), '\0');
  while (in.pos < in.size) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    if (ZSTD_isError(ZSTD_decompressStream(stream, &out, &in)) != 0) {
      throw std::runtime_error("cannot unpack " + path.string());
    }
    all.append(piece, 0, out.pos);
  }
  ZSTD_freeDStream(stream);
  return all;
}

/// The files of a tar archive, by name.
inline std::map<std::string, std::string> files_of_tar(const std::string& tar) {
  constexpr std::size_t block = 512;
  std::map<std::string, std::string> files;
  for (std::size_t at = 0; at + block <= tar.size() && tar[at] != '\0';) {
    const std::string name = tar.substr(at, 100).c_str();
    const std::size_t size = std::stoul(tar.substr(at + 124, 12), nullptr, 8);
    if (tar[at + 156] == '0') files[name] = tar.substr(at + block, size);
    at += block + (size + block - 1) / block * block;
  }
  return files;
}

/// Lines end with LF only: records hold other line breaks.
inline std::vector<std::string_view> lines_of_text(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace refold::testing

/// Skips the test, with a word, where the shared test data is not at hand.
#ifndef REFOLD_NEEDS_DATA
#define REFOLD_NEEDS_DATA(path)       \
  if (!std::filesystem::exists(path)) \
  GTEST_SKIP() << "no test data at " << (path).string() << "; set REFOLD_TEST_DATA"
#endif
