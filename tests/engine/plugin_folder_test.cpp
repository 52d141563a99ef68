#include "core/engine/plugin_folder.h"

#include <fcntl.h>

#include "core/base/descriptor.h"
#include "core/engine/projection_keeper.h"
#include "tests/engine/config_fixture.h"
#include "tests/projection/library_fixture.h"

namespace refold::engine {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using projection::comes_true;
using projection::good;
using projection::LibraryTest;
using ::testing::Not;

class Arriving : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(files_ / name, std::ios::app) << text;
  }
  /// What a look after so much time tells of: names, "(there)" behind those from before.
  std::string told(std::chrono::milliseconds later) {
    now_ += later;
    std::string all;
    for (const PluginFolder::Arrival& one : folder_.look(now_)) {
      all += one.file.filename().string() + (one.was_there ? "(there) " : " ");
    }
    return all;
  }

  TempFolder files_;
  PluginFolder folder_{files_.path(), 1s};
  PluginFolder::Clock::time_point now_;
};

TEST_F(Arriving, AFileIsToldOnceItHasBeenTheSameForAWhile) {
  write("a.so", "x");
  EXPECT_EQ(told(0s), "");
  EXPECT_EQ(told(999ms), "");
  EXPECT_EQ(told(1ms), "a.so(there) ");
  EXPECT_EQ(told(1h), "");
}

TEST_F(Arriving, AFileThatIsStillBeingWrittenIsLeftAlone) {
  EXPECT_EQ(told(0s), "");
  for (int piece = 0; piece < 5; ++piece) {
    write("b.so", "piece");
    EXPECT_EQ(told(900ms), "") << piece;
  }
  EXPECT_EQ(told(1s), "b.so ");
}

TEST_F(Arriving, AFileThatIsReplacedIsToldAgain) {
  write("c.so", "1");
  EXPECT_EQ(told(0s), "");
  EXPECT_EQ(told(1s), "c.so(there) ");
  write("next", "2");
  fs::rename(files_ / "next", files_ / "c.so");
  EXPECT_EQ(told(1s), "");
  EXPECT_EQ(told(1s), "c.so ");
}

TEST_F(Arriving, OnlyLibrariesInTheOpenAreTold) {
  for (const char* const name : {".hidden.so", "d.txt", "d.so.part"}) write(name, "x");
  fs::create_directory(files_ / "folder.so");
  EXPECT_EQ(told(0s) + told(1s), "");
}

TEST_F(Arriving, AFolderThatIsNotThereYetIsLookedAtAgain) {
  folder_ = PluginFolder(files_ / "later", 1s);
  EXPECT_EQ(told(0s), "");
  EXPECT_FALSE(folder_.readable());
  fs::create_directory(files_ / "later");
  write("later/e.so", "x");
  EXPECT_EQ(told(0s), "");
  EXPECT_TRUE(folder_.readable());
  EXPECT_EQ(told(1s), "e.so(there) ");
}

/// A keeper that looks at a folder every now and then.
class Watched : public LibraryTest {
 protected:
  Watched() { fs::create_directory(plugins()); }
  ~Watched() override { keeper.reset(); }

  [[nodiscard]] fs::path plugins() const { return folder / "plugins"; }
  void watch(std::vector<ProjectionConfig> wanted = {}) {
    if (!projections) open();
    keeper = std::make_unique<ProjectionKeeper>(*projections, *recorder, logging,
                                                ProjectionKeeper::Pauses{5ms, 10ms, 40ms, 20ms});
    keeper->configure(std::move(wanted), plugins());
  }
  /// As `mv` puts it there.
  void put(const std::string& plugin, const std::string& as) {
    fs::copy_file(library(plugin), folder / "next", fs::copy_options::overwrite_existing);
    fs::rename(folder / "next", plugins() / as);
  }
  [[nodiscard]] std::string lines() const { return content_of(folder / "lines"); }
  bool says(const std::string& text) {
    const bool said = comes_true([&] { return lines().find(text) != std::string::npos; });
    EXPECT_TRUE(said) << lines();
    return said;
  }

  Descriptor file{::open((folder / "lines").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)};
  Logging logging{LoggingConfig{Level::debug}, file.get()};
  std::unique_ptr<ProjectionKeeper> keeper;
};

TEST_F(Watched, WhatIsPutIntoTheFolderIsLoaded) {
  watch();
  put("counts", "any-name.so");
  EXPECT_TRUE(says("plugins.watch: any-name.so: 'counts' is loaded (counts 1.0.0)"));
}

TEST_F(Watched, WhatIsReplacedThereIsUpgraded) {
  put("counts", "counts.so");
  watch();
  ASSERT_TRUE(says("'counts' is loaded"));
  put("counts-other-fold", "counts.so");
  EXPECT_TRUE(says("plugins.watch: counts.so: generation 2 of 'counts' is being built"));
}

TEST_F(Watched, WhatCannotBeLoadedCostsALineAndTheNextFileIsTried) {
  watch();
  put("create-crashes", "bad.so");
  EXPECT_TRUE(says("plugins.watch: bad.so: "));
  EXPECT_THAT(lines(), HasSubstr("SIGSEGV"));
  std::ofstream(plugins() / "half.so") << "\x7f"
                                       << "ELF";
  EXPECT_TRUE(says("plugins.watch: half.so: "));
  put("counts", "bad.so");
  EXPECT_TRUE(says("plugins.watch: bad.so: 'counts' is loaded"));
}

TEST_F(Watched, WhatOthersMayWriteIsNotEvenTried) {
  watch();
  put("counts", ".hidden");
  fs::permissions(plugins() / ".hidden", fs::perms(0666));
  fs::rename(plugins() / ".hidden", plugins() / "open.so");
  EXPECT_TRUE(says("plugins.watch: open.so: "));
  EXPECT_THAT(lines(), HasSubstr("chmod go-w"));
  EXPECT_TRUE(projections->names().empty());
}

TEST_F(Watched, WhatACommandHasLoadedInItsPlaceStaysAtARestart) {
  put("counts", "counts.so");
  watch();
  ASSERT_TRUE(says("'counts' is loaded"));
  good(projections->upgrade("counts", library("counts-again"), std::nullopt, false));
  keeper.reset();
  watch();
  put("create-crashes", "last.so");
  ASSERT_TRUE(says("plugins.watch: last.so: "));
  EXPECT_THAT(lines(), Not(HasSubstr("plugins.watch: counts.so: generation")));
}

TEST_F(Watched, ARollBackStaysAtARestart) {
  put("counts", "counts.so");
  watch();
  ASSERT_TRUE(says("'counts' is loaded"));
  put("counts-other-fold", "counts.so");
  const auto current = [&] { return good(projections->find("counts"))->record().current; };
  ASSERT_TRUE(comes_true([&] { return current() == 2; }));
  good(good(projections->find("counts"))->rollback());
  ASSERT_TRUE(comes_true([&] { return current() == 1; }));
  keeper.reset();
  watch();
  put("create-crashes", "last.so");
  ASSERT_TRUE(says("plugins.watch: last.so: "));
  EXPECT_EQ(current(), 1U);
  EXPECT_THAT(lines(), Not(HasSubstr("generation 3")));
}

TEST_F(Watched, TheConfigurationSaysWhatALibraryIsFor) {
  put("counts", "counts.so");
  watch({{"mine", plugins() / "counts.so"}});
  ASSERT_TRUE(says("'mine' is loaded"));
  put("counts-other-fold", "counts.so");
  EXPECT_TRUE(says("generation 2 of 'mine' is being built"));
  EXPECT_EQ(projections->names(), std::vector<std::string>{"mine"});
}

TEST_F(Watched, AFolderThatIsNotThereIsToldOnce) {
  fs::remove(plugins());
  watch();
  EXPECT_TRUE(says("plugins cannot be read: make that folder"));
  fs::create_directory(plugins());
  EXPECT_TRUE(says("plugins can be read now"));
}

}  // namespace
}  // namespace refold::engine
