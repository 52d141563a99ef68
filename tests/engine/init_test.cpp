#include "core/engine/init.h"

#include "tests/engine/config_fixture.h"

namespace refold::engine {
namespace {

mode_t mode_of(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST(Initialize, MakesAConfigurationThatIsRightAndAPrivateDataDirectory) {
  const TempFolder folder;
  const auto made = initialize(folder / "new");
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(mode_of(folder / "new"), 0700U);
  EXPECT_EQ(mode_of(made->config), 0600U);
  EXPECT_EQ(mode_of(made->data), 0700U);
  const auto read = config_of(read_config(made->config, {}));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->data, made->data);
}

TEST(Initialize, NeverWritesOverWhatIsThere) {
  const TempFolder folder;
  std::ofstream(folder / "refold.toml") << "mine";
  const auto made = initialize(folder.path());
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().message, HasSubstr("refold.toml is there already"));
  EXPECT_EQ(content_of(folder / "refold.toml"), "mine");
}

TEST(Initialize, TakesNoFolderOfOthersAsItsDataDirectory) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "refold-data");
  std::ofstream(folder / "refold-data/photo.jpg") << "x";
  const auto made = initialize(folder.path());
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().message, HasSubstr("holds other things and no log"));
  EXPECT_FALSE(std::filesystem::exists(folder / "refold.toml"));
}

}  // namespace
}  // namespace refold::engine
