#include "core/cli/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "core/cli/console.h"
#include "core/cli/time_argument.h"
#include "tests/cli/program.h"

namespace refold::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class InputLines : public ::testing::Test {
 protected:
  /// Every line; a line that is too long as "!".
  std::vector<std::string> lines_of(const std::string& bytes, std::size_t line_bytes_max = 100) {
    write_file((folder_ / "input").string(), bytes);
    auto input = Input::open((folder_ / "input").string()).value();
    LineReader reader(*input, line_bytes_max);
    std::vector<std::string> lines;
    ingest::Line line;
    while (true) {
      const auto more = reader.next(line);
      if (more.has_error()) {
        error_ = more.error().message;
        break;
      }
      if (!*more) break;
      EXPECT_EQ(line.number, lines.size() + 1);
      lines.emplace_back(line.too_long ? "!" : line.text);
    }
    return lines;
  }
  static std::string gzip(const std::string& text) {
    std::string out(text.size() + 1000, '\0');
    z_stream stream{};
    EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, 0), Z_OK);
    std::string in = text;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
  }
  static std::string zstd(const std::string& text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
  }

  ProcessConsole console_;
  ConsoleScope scope_{console_};
  TempFolder folder_;
  std::string error_;
};

TEST_F(InputLines, OnlyALineFeedEndsALineAndTheLastOneNeedsNone) {
  EXPECT_THAT(lines_of(""), ElementsAre());
  EXPECT_THAT(lines_of("a\nb"), ElementsAre("a", "b"));
  EXPECT_THAT(lines_of("a\n\nb\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(lines_of("a\r\xe2\x80\xa8z\n"), ElementsAre("a\r\xe2\x80\xa8z"));
}

TEST_F(InputLines, ALineOfExactlyTheLimitIsReadAndOneMoreByteIsTooLong) {
  const std::string fits(10, 'x');
  EXPECT_THAT(lines_of(fits + "\n" + fits + "y\nz\n", 10), ElementsAre(fits, "!", "z"));
}

TEST_F(InputLines, ALineFarOverTheLimitIsPassedOver) {
  const std::string huge(3 * Input::buffer_bytes + 17, 'x');
  EXPECT_THAT(lines_of("a\n" + huge + "\nb\n" + huge, 1000), ElementsAre("a", "!", "b", "!"));
}

TEST_F(InputLines, ALineLongerThanTheBufferIsReadWhole) {
  const std::string line(5 * Input::buffer_bytes + 3, 'x');
  const auto lines = lines_of("a\n" + line + "\nb\n", line.size());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], line);
  EXPECT_EQ(lines[2], "b");
}

TEST_F(InputLines, MembersAndFramesAreReadOneAfterTheOther) {
  std::string text;
  for (int at = 0; at < 100'000; ++at) text += std::to_string(at) + "\n";
  const auto plain = lines_of(text + "end");
  EXPECT_EQ(plain.size(), 100'001U);
  EXPECT_EQ(lines_of(gzip(text) + gzip("") + gzip("end")), plain);
  EXPECT_EQ(lines_of(zstd(text) + zstd("") + zstd("end")), plain);
  EXPECT_EQ(lines_of(gzip(text) + gzip("end") + std::string(512, '\0')), plain);
  EXPECT_EQ(error_, "");
}

TEST_F(InputLines, AWindowOf128MebibytesIsReadAndALargerOneIsRefused) {
  // A frame with this window (2 to the power of 10 + exponent) and one plain block of three bytes.
  const auto frame = [](int exponent) {
    return std::string("\x28\xb5\x2f\xfd\x00", 5) + static_cast<char>(exponent << 3) +
           std::string("\x19\x00\x00", 3) + "a\nb";
  };
  EXPECT_THAT(lines_of(frame(17)), ElementsAre("a", "b"));
  EXPECT_EQ(error_, "");
  EXPECT_THAT(lines_of(frame(18)), ElementsAre());
  EXPECT_THAT(error_, HasSubstr("input: the zstd data cannot be read"));
}

TEST_F(InputLines, DataThatEndInTheMiddleAreAnErrorAfterTheLinesBefore) {
  std::string text;
  for (int at = 0; at < 100'000; ++at) text += std::to_string(at * 7919) + "\n";
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    error_.clear();
    EXPECT_GT(lines_of(packed.substr(0, packed.size() - 9)).size(), 1000U);
    EXPECT_THAT(error_, HasSubstr("input: "));
    EXPECT_THAT(error_, HasSubstr("end in the middle"));
  }
}

TEST_F(InputLines, DamagedDataAreAnError) {
  for (std::string packed : {gzip("some text, some text"), zstd("some text, some text")}) {
    error_.clear();
    packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
    packed += "garbage behind";
    (void)lines_of(packed);
    EXPECT_THAT(error_, HasSubstr("input: the "));
  }
}

TEST(Place, ANumberIsASeqAndALargeOneATime) {
  EXPECT_EQ(parse_place("12281", 0)->seq, 12'281U);
  EXPECT_FALSE(parse_place("999999999999999", 0)->is_time);
  const auto time = parse_place("1000000000000000", 0);
  EXPECT_TRUE(time->is_time);
  EXPECT_EQ(time->witness_us, 1'000'000'000'000'000);
}

TEST(Place, ATimeIsADatetimeOrASpanBeforeNow) {
  EXPECT_EQ(parse_place("2026-11-22T08:20:49.688Z", 0)->witness_us, 1'795'335'649'688'000);
  EXPECT_EQ(parse_place("-90s", 100'000'000)->witness_us, 10'000'000);
  EXPECT_EQ(parse_place("-2h", 7'200'000'001)->witness_us, 1);
  EXPECT_EQ(parse_place("-15m", 0)->witness_us, -900'000'000);
  EXPECT_EQ(parse_place("-7d", 0)->witness_us, -604'800'000'000);
}

TEST(Place, AnythingElseIsRefusedByName) {
  for (const char* text : {"", "-", "-h", "-2", "-2y", "--2h", "2h", "yesterday", "-99999999999d",
                           "18446744073709551616", "99999999999999999999", "2026-11-22"}) {
    const auto place = parse_place(text, 0);
    ASSERT_TRUE(place.has_error()) << text;
    EXPECT_THAT(place.error().message, HasSubstr("neither a seq")) << text;
  }
}

}  // namespace
}  // namespace refold::cli
