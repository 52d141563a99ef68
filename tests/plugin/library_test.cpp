#include "core/plugin/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "core/plugin/own_thread.h"
#include "core/plugin/stage.h"
#include "tests/support/plugins.h"
#include "tests/support/sanitized.h"
#include "tests/support/temp_folder.h"

namespace refold::plugin {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempFolder;
using testing::test_plugin;

/// How often a file is mapped into this process.
std::size_t mappings_of(const fs::path& file) {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(file.filename().string()) != std::string::npos) ++count;
  }
  return count;
}

std::size_t entries_of(const fs::path& folder) {
  const fs::directory_iterator begin(folder);
  return static_cast<std::size_t>(std::distance(begin, fs::directory_iterator{}));
}

/// Memory of this process that is backed by no file, in KiB.
long anonymous_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stol(line.substr(8));
  }
  return -1;
}

class Loading : public ::testing::Test {
 protected:
  /// The build's folder may be one that others may write, so a copy of a plugin is what is staged.
  fs::path staged(const std::string& name) {
    const fs::path copy = temp_ / (name + ".so");
    if (!fs::exists(copy)) {
      fs::copy_file(test_plugin(name), copy);
      fs::permissions(copy, fs::perms(0600));
    }
    return stage(copy, temp_ / "plugins").value().file;
  }
  std::unique_ptr<Library> loaded(const std::string& name) {
    return Library::load(staged(name)).value();
  }
  std::string refused(const std::string& name) {
    const auto library = Library::load(staged(name));
    return library.has_error() ? library.error().message : "loaded";
  }

  TempFolder temp_;
};

TEST_F(Loading, ALibraryIsItsInfoAndItsFunctions) {
  const auto library = loaded("counts");
  EXPECT_EQ(library->info().name, "counts");
  EXPECT_THAT(library->info().projections[0].tables, ElementsAre("counts"));
  EXPECT_STREQ(library->projection(0).name, "counts");
  ASSERT_NE(library->query(0, 0), nullptr);
  EXPECT_STREQ(library->query(0, 0)->name, "count");
  EXPECT_EQ(library->query(0, 1), nullptr);
  ASSERT_NE(library->describe(), nullptr);
  EXPECT_EQ(mappings_of(library->file()) > 0, true);
}

TEST_F(Loading, ALibraryThatWasClosedIsGone) {
  const auto library = loaded("counts");
  EXPECT_EQ(library->close(), Library::Closed::gone);
  EXPECT_EQ(mappings_of(library->file()), 0U);
  EXPECT_EQ(library->close(), Library::Closed::gone) << "again";
}

TEST_F(Loading, ALibraryThatGoesIsClosed) {
  fs::path file;
  { file = loaded("counts")->file(); }
  EXPECT_EQ(mappings_of(file), 0U);
}

TEST_F(Loading, ALibraryWhoseFileWasRemovedIsSeenToBeGoneToo) {
  const auto library = loaded("counts");
  fs::remove(library->file());
  EXPECT_EQ(library->close(), Library::Closed::gone);
}

TEST_F(Loading, ThreadLocalsOfAPluginDoNotPinIt) {
  const auto library = loaded("thread-local");
  const auto thread = OwnThread::start().value();
  thread->run([&] {
    const BareHost host;
    void* self = nullptr;
    EXPECT_EQ(library->projection(0).create(host.table(), &self), REFOLD_OK);
    library->projection(0).destroy(self);
  });
  thread->end();
  EXPECT_EQ(library->close(), Library::Closed::gone);
}

TEST_F(Loading, AThreadThatGoesOnPinsThePluginWhoseThreadLocalsItHas) {
  const auto library = loaded("thread-local");
  const auto thread = OwnThread::start().value();
  thread->run([&] {
    const BareHost host;
    void* self = nullptr;
    EXPECT_EQ(library->projection(0).create(host.table(), &self), REFOLD_OK);
  });
  EXPECT_EQ(library->close(), Library::Closed::pinned);
  thread->end();
}

TEST_F(Loading, AUniqueSymbolPinsThePlugin) {
  const auto library = loaded("pinned");
  EXPECT_EQ(library->close(), Library::Closed::pinned);
  EXPECT_GT(mappings_of(library->file()), 0U);
}

TEST_F(Loading, TwoCopiesOfAPluginAreTwoPlugins) {
  const auto one = loaded("counts");
  const auto other = loaded("counts");
  EXPECT_NE(&one->projection(0), &other->projection(0));
  EXPECT_EQ(one->close(), Library::Closed::gone);
  EXPECT_STREQ(other->projection(0).name, "counts");
}

TEST_F(Loading, WhatIsNoPluginIsRefusedAndNotKept) {
  EXPECT_THAT(refused("no-entry"), HasSubstr("does not export the symbol refold_plugin"));
  EXPECT_THAT(refused("unresolved"), HasSubstr("undefined symbol: function_of_nobody"));
  EXPECT_THAT(refused("newer-major"), HasSubstr("version 2.0"));
  EXPECT_THAT(refused("no-projections"), HasSubstr("projection/1"));
  EXPECT_EQ(mappings_of(temp_.path().filename()), 0U);
}

TEST_F(Loading, APluginThatDoesNotStartIsRefusedInItsOwnWords) {
  EXPECT_EQ(refused("start-fails"), "start() failed: the beans are \\x1b[31mgone");
  EXPECT_THAT(refused("start-fails-silently"),
              HasSubstr("start() failed without saying why, which is a fault of the plugin"));
  EXPECT_THAT(refused("start-returns-nonsense"), HasSubstr("start() returned 77"));
  EXPECT_THAT(refused("start-throws"), HasSubstr("start() threw an exception"));
  EXPECT_THAT(refused("start-uses-rows"), HasSubstr("rows are there in apply() and in queries"));
}

TEST_F(Loading, WhatAPluginLogsIsHandedOn) {
  std::vector<std::string> lines;
  const auto library =
      Library::load(staged("counts"), {.log = [&](std::int32_t level, std::string_view text) {
                      lines.push_back(std::to_string(level) + " " + std::string(text));
                    }});
  EXPECT_THAT(lines, ElementsAre("1 started"));
}

TEST_F(Loading, AnExceptionOutOfStopIsToldAndTheLibraryClosed) {
  const auto library = loaded("stop-throws");
  EXPECT_THAT(library->stop().error().message, HasSubstr("stop() threw an exception"));
  EXPECT_EQ(library->close(), Library::Closed::gone);
}

TEST_F(Loading, FiveHundredTimesLeavesNothingBehind) {
  const auto cycle = [&](int round) {
    const auto library = loaded(round % 2 == 0 ? "counts" : "thread-local");
    const auto thread = OwnThread::start().value();
    thread->run([&] {
      const BareHost host;
      void* self = nullptr;
      ASSERT_EQ(library->projection(0).create(host.table(), &self), REFOLD_OK);
      library->projection(0).destroy(self);
    });
    thread->end();
    ASSERT_EQ(library->close(), Library::Closed::gone) << round;
    fs::remove(library->file());
  };
  for (int round = 0; round < 10; ++round) cycle(round);
  const std::size_t descriptors = entries_of("/proc/self/fd");
  const long before_kib = anonymous_kib();
  ASSERT_GT(before_kib, 0);
  for (int round = 0; round < 500; ++round) cycle(round);
  EXPECT_EQ(entries_of("/proc/self/fd"), descriptors);
  EXPECT_EQ(mappings_of(temp_.path().filename()), 0U);
  // What a sanitizer keeps of memory that was freed is not ours.
  EXPECT_TRUE(testing::sanitized || anonymous_kib() - before_kib < 8 * 1024);
}

}  // namespace
}  // namespace refold::plugin
