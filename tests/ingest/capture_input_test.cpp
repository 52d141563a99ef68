#include "core/ingest/capture_input.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zstd.h>

#include <fstream>
#include <string>

#include "core/base/descriptor.h"
#include "tests/support/temp_folder.h"

namespace refold::ingest {
namespace {

using testing::TempFolder;

/// What comes until the end, or until an error.
std::string all_of(CaptureInput& input, Errc* failed = nullptr) {
  std::string all;
  std::string piece(7, '\0');
  for (;;) {
    const auto count = input.read(piece);
    if (count.has_error()) {
      if (failed != nullptr) *failed = count.error().code;
      return all;
    }
    if (!*count) continue;
    if (**count == 0) return all;
    all.append(piece, 0, **count);
  }
}

TEST(CaptureInput, IsUnpackedIfItIsPacked) {
  const TempFolder folder;
  const std::string text = "a line that is not short\nand another one\n";
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
  std::ofstream(folder / "plain") << text;
  std::ofstream(folder / "packed") << packed << packed;
  std::ofstream(folder / "cut") << packed.substr(0, packed.size() / 2);
  std::ofstream(folder / "short") << "a";
  EXPECT_EQ(all_of(*CaptureInput::open(folder / "plain").value()), text);
  EXPECT_EQ(all_of(*CaptureInput::open(folder / "packed").value()), text + text);
  EXPECT_EQ(all_of(*CaptureInput::open(folder / "short").value()), "a");
  Errc failed{};
  (void)all_of(*CaptureInput::open(folder / "cut").value(), &failed);
  EXPECT_EQ(failed, Errc::corrupt);
  EXPECT_EQ(CaptureInput::open(folder / "none").error().code, Errc::not_found);
}

TEST(CaptureInput, APipeGivesWhatThereIsAndEndsWithItsWriter) {
  const TempFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const auto input = CaptureInput::open(folder / "pipe").value();
  std::string piece(64, '\0');
  EXPECT_EQ(input->read(piece).value(), std::nullopt);
  Descriptor writer(::open((folder / "pipe").c_str(), O_WRONLY));
  ASSERT_EQ(::write(writer.get(), "some", 4), 4);
  EXPECT_EQ(input->read(piece).value(), 4U);
  EXPECT_EQ(piece.substr(0, 4), "some");
  EXPECT_EQ(input->read(piece).value(), std::nullopt);
  writer.close();
  EXPECT_EQ(input->read(piece).value(), 0U);
}

}  // namespace
}  // namespace refold::ingest
