#include "core/plugin/stage.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>

#include "core/base/bytes.h"
#include "core/plugin/probe.h"
#include "tests/support/temp_folder.h"

namespace refold::plugin {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::TempFolder;

class Stage : public ::testing::Test {
 protected:
  Stage() { fs::create_directory(authors_); }

  /// A file of the author's.
  fs::path library(const std::string& content = "code", const std::string& name = "likes.so") {
    std::ofstream(authors_ / name, std::ios::binary) << content;
    return authors_ / name;
  }
  [[nodiscard]] Result<Staged> staged(const fs::path& file) const { return stage(file, folder_); }
  [[nodiscard]] std::string complaint(const fs::path& file) const {
    const auto result = staged(file);
    return result.has_error() ? result.error().message : "staged";
  }
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().filename() != "last-number") found.insert(entry.path().filename());
    }
    return found;
  }
  static mode_t mode_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  TempFolder temp_;
  fs::path authors_ = temp_ / "authors";
  fs::path folder_ = temp_ / "plugins";
};

TEST_F(Stage, ACopyIsNamedByTheFileItsHashAndANumber) {
  const Staged copy = staged(library()).value();
  const std::string hash = hex(sha256(bytes_of("code")));
  EXPECT_EQ(hex(copy.hash), hash);
  EXPECT_EQ(copy.file, folder_ / ("likes-" + hash.substr(0, 16) + "-1.so"));
  EXPECT_EQ(content_of(copy.file), "code");
  EXPECT_EQ(mode_of(folder_), 0700U);
  EXPECT_EQ(mode_of(copy.file), 0400U);
  EXPECT_EQ(hash_of(authors_ / "likes.so").value(), copy.hash);
}

TEST_F(Stage, ANameIsOneThatAnyFileSystemTakes) {
  const fs::path odd = library("code", "li kes\n$(x)\xc3\xa9.so.1");
  EXPECT_THAT(staged(odd).value().file.filename().string(),
              MatchesRegex("li-kes---x----so-[0-9a-f]{16}-1\\.so"));
  const fs::path longest = library("code", std::string(200, 'a') + ".so");
  EXPECT_THAT(staged(longest).value().file.filename().string(),
              MatchesRegex("a{63}-[0-9a-f]{16}-2\\.so"));
}

TEST_F(Stage, ANumberIsNeverUsedTwice) {
  const fs::path file = library();
  const auto first = staged(file).value().file;
  const auto second = staged(file).value().file;
  EXPECT_THAT(first.string(), HasSubstr("-1.so"));
  EXPECT_THAT(second.string(), HasSubstr("-2.so"));
  fs::remove(first);
  fs::remove(second);
  EXPECT_THAT(staged(file).value().file.string(), HasSubstr("-3.so"));
}

TEST_F(Stage, ALostCountBeginsAfterWhatIsThere) {
  const fs::path file = library();
  for (int copy = 0; copy < 3; ++copy) static_cast<void>(staged(file).value());
  fs::remove(folder_ / "last-number");
  EXPECT_THAT(staged(file).value().file.string(), HasSubstr("-4.so"));
  std::ofstream(folder_ / "last-number") << "no number";
  EXPECT_THAT(staged(file).value().file.string(), HasSubstr("-5.so"));
}

TEST_F(Stage, ManyAtOnceGetNumbersOfTheirOwn) {
  const fs::path file = library();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int copy = 0; copy < 10; ++copy) EXPECT_TRUE(staged(file).has_value());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(names().size(), 40U);
}

TEST_F(Stage, AFileThatOthersMayWriteIsRefused) {
  const fs::path file = library();
  fs::permissions(file, fs::perms(0664));
  EXPECT_THAT(complaint(file), HasSubstr(file.string() + " may be written by others (mode 0664)"));
  EXPECT_THAT(complaint(file), HasSubstr("chmod go-w " + file.string()));
  fs::permissions(file, fs::perms(0602));
  EXPECT_THAT(complaint(file), HasSubstr("mode 0602"));
  fs::permissions(file, fs::perms(0755));
  EXPECT_EQ(complaint(file), "staged");
}

TEST_F(Stage, AFolderThatOthersMayWriteIsRefusedHoweverFarAbove) {
  fs::create_directories(authors_ / "a" / "b");
  const fs::path file = library("code", "a/b/likes.so");
  fs::permissions(authors_, fs::perms(0775));
  EXPECT_THAT(complaint(file),
              HasSubstr(authors_.string() + " may be written by others (mode 0775)"));
  EXPECT_THAT(complaint(file), HasSubstr("chmod go-w " + authors_.string()));
}

TEST_F(Stage, AFolderWithTheStickyBitMayBeWrittenByOthers) {
  fs::permissions(authors_, fs::perms(01777));
  EXPECT_EQ(complaint(library()), "staged");
}

TEST_F(Stage, AFileOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const fs::path file = library();
  ASSERT_EQ(::chown(file.c_str(), 12345, 0), 0);
  EXPECT_THAT(complaint(file), HasSubstr(file.string() + " belongs to user 12345"));
  ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(authors_.c_str(), 12345, 0), 0);
  EXPECT_THAT(complaint(file), HasSubstr(authors_.string() + " belongs to user 12345"));
}

TEST_F(Stage, LinksAreFollowedAndTheirFoldersLookedAt) {
  const fs::path file = library("code", "likes-1.0.so");
  fs::create_symlink("likes-1.0.so", authors_ / "relative.so");
  fs::create_symlink(file, authors_ / "absolute.so");
  EXPECT_EQ(content_of(staged(authors_ / "relative.so").value().file), "code");
  EXPECT_EQ(content_of(staged(authors_ / "absolute.so").value().file), "code");

  const fs::path open = temp_ / "open";
  fs::create_directory(open);
  fs::create_symlink(file, open / "likes.so");
  fs::create_directory_symlink(authors_, open / "authors");
  fs::permissions(open, fs::perms(0777));
  EXPECT_THAT(complaint(open / "likes.so"), HasSubstr(open.string() + " may be written"));
  EXPECT_THAT(complaint(open / "authors" / "likes-1.0.so"), HasSubstr("may be written"));
  EXPECT_EQ(complaint(open / ".." / "authors" / "likes-1.0.so"), complaint(open / "likes.so"))
      << "a folder on the way counts, also if it is left again";
}

TEST_F(Stage, ALoopOfLinksEnds) {
  fs::create_symlink("b.so", authors_ / "a.so");
  fs::create_symlink("a.so", authors_ / "b.so");
  EXPECT_THAT(complaint(authors_ / "a.so"), HasSubstr("Too many levels of symbolic links"));
}

TEST_F(Stage, WhatIsNoFileIsRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo((authors_ / "pipe.so").c_str(), 0600), 0);
  EXPECT_THAT(complaint(authors_ / "pipe.so"), HasSubstr("is not a regular file"));
  EXPECT_THAT(complaint(authors_), HasSubstr("is a folder, not a file"));
  EXPECT_THAT(complaint(library() / "x"), HasSubstr("Not a directory"));
  EXPECT_EQ(staged(authors_ / "none.so").error().code, Errc::not_found);
}

TEST_F(Stage, AFileThatIsTooLargeIsRefused) {
  const fs::path file = library();
  fs::resize_file(file, library_bytes_max + 1);
  const auto refused = staged(file);
  EXPECT_EQ(refused.error().code, Errc::too_large);
  EXPECT_THAT(names(), ::testing::IsEmpty());
}

TEST_F(Stage, AnotherHashThanTheExpectedOneIsRefusedAndLeavesNothing) {
  const fs::path file = library();
  const auto refused = stage(file, folder_, sha256(bytes_of("other code")));
  EXPECT_THAT(refused.error().message, HasSubstr(hex(sha256(bytes_of("code")))));
  EXPECT_THAT(refused.error().message, HasSubstr(hex(sha256(bytes_of("other code")))));
  EXPECT_THAT(names(), ::testing::IsEmpty());
  EXPECT_TRUE(stage(file, folder_, sha256(bytes_of("code"))).has_value());
}

TEST_F(Stage, WhatIsNoLongerWhatWasProbedIsNotLoaded) {
  const Staged copy = staged(library()).value();
  EXPECT_TRUE(check_staged(copy.file, hex(copy.hash)).has_value());
  fs::permissions(folder_, fs::perms(0777));
  EXPECT_THAT(check_staged(copy.file, hex(copy.hash)).error().message,
              HasSubstr("may be written by others"));
  fs::permissions(folder_, fs::perms(0700));
  fs::remove(copy.file);
  std::ofstream(copy.file) << "other code";
  EXPECT_THAT(check_staged(copy.file, hex(copy.hash)).error().message,
              HasSubstr("is not the file that was probed: load the plugin again"));
}

TEST_F(Stage, WhatLiesWithTheInstalledPluginsIsShipped) {
  const fs::path program = temp_ / "bin" / "refold";
  const fs::path plugins = shipped_folder(program);
  fs::create_directory(program.parent_path());
  fs::create_directories(plugins);
  std::ofstream(program) << "code";
  std::ofstream(plugins / "stats.so") << "code";
  EXPECT_TRUE(is_shipped(plugins / "stats.so", program));
  fs::create_symlink(plugins / "stats.so", temp_ / "stats.so");
  EXPECT_TRUE(is_shipped(temp_ / "stats.so", program));
  fs::create_symlink(library(), plugins / "likes.so");
  EXPECT_FALSE(is_shipped(plugins / "likes.so", program));
  EXPECT_FALSE(is_shipped(library(), program));
  EXPECT_FALSE(is_shipped(plugins / "stats.so"));
  EXPECT_FALSE(is_shipped(plugins / "none.so", program));
}

TEST_F(Stage, AFolderThatIsNotPrivateIsRefused) {
  fs::create_directory(folder_);
  fs::permissions(folder_, fs::perms(0750));
  EXPECT_THAT(complaint(library()), HasSubstr("chmod 700"));
  fs::permissions(folder_, fs::perms(0700));
  EXPECT_EQ(complaint(library()), "staged");
}

TEST_F(Stage, WhatIsInNoListIsRemovedAndNothingElse) {
  const fs::path file = library();
  const fs::path listed = staged(file).value().file;
  const fs::path other = staged(file).value().file;
  std::ofstream(folder_ / "17.part") << "half";
  for (const char* name : {"notes.txt", "likes.so", "x-0123456789abcdef-.so", "a-1.so"}) {
    std::ofstream(folder_ / name) << "mine";
  }
  ASSERT_TRUE(remove_unlisted(folder_, {listed}).has_value());
  EXPECT_EQ(names(), (std::set<std::string>{listed.filename(), "notes.txt", "likes.so",
                                            "x-0123456789abcdef-.so", "a-1.so"}));
  EXPECT_FALSE(fs::exists(other));
  EXPECT_THAT(staged(file).value().file.string(), HasSubstr("-3.so"));
  EXPECT_TRUE(remove_unlisted(temp_ / "none", {}).has_value());
}

}  // namespace
}  // namespace refold::plugin
