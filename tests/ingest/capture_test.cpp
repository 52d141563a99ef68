#include "core/ingest/capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/ingest/decompress.h"

namespace refold::ingest {
namespace {

using ::testing::ElementsAre;

/// The lines of a text that comes in two pieces; of those that are too long, how they start.
std::vector<std::string> lines_in_two(std::string_view text, std::size_t split) {
  LineCutter cutter(3);
  std::vector<std::string> lines;
  Line line;
  const auto take = [&](std::string_view piece) {
    cutter.add(bytes_of(piece));
    while (cutter.next(line)) {
      EXPECT_EQ(line.number, lines.size() + 1);
      lines.push_back((line.too_long ? "!" : "") + std::string(line.text));
    }
  };
  take(text.substr(0, split));
  take(text.substr(split));
  cutter.end();
  while (cutter.next(line)) lines.push_back((line.too_long ? "!" : "") + std::string(line.text));
  return lines;
}

TEST(LineCutter, GivesTheSameLinesHoweverTheyCome) {
  const std::string text = "ab\n\nabc\nabcdefgh\nx\nabcdef";
  for (std::size_t split = 0; split <= text.size(); ++split) {
    EXPECT_THAT(lines_in_two(text, split), ElementsAre("ab", "", "abc", "!abcd", "x", "!abcd"))
        << split;
  }
  EXPECT_THAT(lines_in_two("abcdef\n", 5), ElementsAre("!abcd"));
  EXPECT_THAT(lines_in_two("", 0), ElementsAre());
}

/// What comes of a stream that is handed in so many bytes at a time.
std::string unpacked(std::string_view packed, std::size_t step) {
  Unpacker unpacker;
  std::string all;
  std::string piece(5, '\0');
  for (;;) {
    const auto count = unpacker.read(piece);
    if (count.has_error()) return all + "!";
    if (!*count) {
      unpacker.add(bytes_of(packed.substr(0, step)));
      packed.remove_prefix(std::min(step, packed.size()));
    } else if (**count == 0) {
      return all;
    } else {
      all.append(piece, 0, **count);
    }
  }
}

TEST(Unpacker, GivesTheSameBytesHoweverTheyCome) {
  const std::string text = "a line that is not short\nand another one\n";
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
  for (const std::size_t step : {1, 2, 3, 5, 1'000}) {
    EXPECT_EQ(unpacked(text, step), text) << step;
    EXPECT_EQ(unpacked(packed + packed, step), text + text) << step;
    EXPECT_EQ(unpacked("", step), "") << step;
    EXPECT_EQ(unpacked("abc", step), "abc") << step;
    EXPECT_EQ(unpacked(packed.substr(0, packed.size() - 1), step).back(), '!') << step;
  }
}

}  // namespace
}  // namespace refold::ingest
