#include "core/plugin/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <thread>

#include "core/plugin/child_stream.h"
#include "core/plugin/report.h"
#include "tests/support/child.h"
#include "tests/support/plugins.h"
#include "tests/support/sanitized.h"
#include "tests/support/temp_folder.h"

namespace refold::plugin {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using testing::TempFolder;
using testing::test_plugin;

/// Patient, because the machine that tests may be busy.
ProbeOptions patient(std::chrono::milliseconds limit = 60s) {
  ProbeOptions options;
  options.runner = testing::runner;
  options.time_limit = limit;
  return options;
}

Result<Probed> probed(const std::string& name, const ProbeOptions& options = patient()) {
  return probe(test_plugin(name), options);
}

/// What hangs is given so long; what is only slow has come far enough by then.
constexpr std::chrono::milliseconds hang_time = testing::sanitized ? 10s : 2s;
const std::string hung = "hung for " + seconds_text(hang_time);

/// Why a plugin is refused, without its name.
std::string refused(const std::string& name, const ProbeOptions& options = patient()) {
  const auto result = probed(name, options);
  if (result.has_value()) return "passed";
  EXPECT_TRUE(result.error().code != Errc::io && result.error().code != Errc::not_found);
  const std::string prefix = test_plugin(name).string() + ": ";
  EXPECT_THAT(result.error().message, StartsWith(prefix));
  return result.error().message.substr(prefix.size());
}

TEST(Probe, AGoodPluginPassesAndSaysWhatItOffers) {
  const Probed found = probed("counts").value();
  EXPECT_EQ(found.info.name, "counts");
  EXPECT_EQ(found.info.version, "1.0.0");
  EXPECT_EQ(found.info.build_id, "1");
  ASSERT_EQ(found.info.projections.size(), 1U);
  EXPECT_THAT(found.info.projections[0].tables, ElementsAre("counts"));
  EXPECT_EQ(found.info.projections[0].queries[0].name, "count");
  EXPECT_FALSE(found.pinned);
  EXPECT_THAT(found.untried, IsEmpty());
}

TEST(Probe, WhatIsNoPluginIsRefused) {
  EXPECT_EQ(refused("no-entry"),
            "it does not export the symbol refold_plugin: it is no plugin, or its linker was told "
            "to hide it");
  EXPECT_THAT(refused("unresolved"), HasSubstr("undefined symbol: function_of_nobody"));
  const TempFolder temp;
  std::ofstream(temp / "text.so") << std::string(100, 'x');
  const auto text = probe(temp / "text.so", patient());
  EXPECT_THAT(text.error().message, HasSubstr("it cannot be loaded: "));
  EXPECT_THAT(text.error().message, HasSubstr("invalid ELF header"));
  std::ofstream(temp / "empty.so") << "";
  EXPECT_THAT(probe(temp / "empty.so", patient()).error().message, HasSubstr("file too short"));
}

TEST(Probe, AnotherVersionOfTheAbiIsRefusedWithBothNumbers) {
  EXPECT_THAT(refused("newer-major"),
              HasSubstr("built for version 2.0 of the plugin ABI, and this host has 1.0"));
  EXPECT_THAT(refused("newer-minor"),
              HasSubstr("built for version 1.7 of the plugin ABI, and this host has 1.0"));
  EXPECT_EQ(probed("newer-major").error().code, Errc::unsupported);
}

TEST(Probe, AManifestThatBreaksARuleIsRefused) {
  EXPECT_THAT(refused("short-plugin"), HasSubstr("refold_plugin: its size is 40, but"));
  EXPECT_THAT(refused("short-projection"), HasSubstr("projection 0: its size is"));
  EXPECT_THAT(refused("no-projections"), HasSubstr("extension() has no \"projection/1\""));
  EXPECT_THAT(refused("bad-name"), HasSubstr("the plugin's name \"../../etc\" is no name"));
  EXPECT_THAT(refused("long-name"), HasSubstr("its name does not end within 63 bytes"));
  EXPECT_THAT(refused("endless-name"), HasSubstr("its name does not end within 63 bytes"));
  EXPECT_THAT(refused("bad-collection"), HasSubstr("collection \"likes\" matches nothing"));
  EXPECT_THAT(refused("duplicate-tables"), HasSubstr("there are two of table \"counts\""));
  EXPECT_THAT(refused("too-many-tables"), HasSubstr("it has 129 tables, at most 128 may be"));
  EXPECT_THAT(refused("unknown-wants"), HasSubstr("bits that this host does not know: 1024"));
  EXPECT_THAT(refused("bad-fallback"), HasSubstr("the fallback: \"101\" is not a whole number"));
}

TEST(Probe, APluginThatDoesNotStartIsRefusedInItsOwnWords) {
  EXPECT_EQ(refused("start-fails"), "start() failed: the beans are \\x1b[31mgone");
  EXPECT_THAT(refused("start-fails-silently"), HasSubstr("start() failed without saying why"));
  EXPECT_THAT(refused("start-returns-nonsense"), HasSubstr("start() returned 77, which is not a"));
  EXPECT_EQ(refused("create-fails"), "create() of 'create-fails' failed: there is no mill");
}

TEST(Probe, AnExceptionThroughTheBoundaryIsARefusal) {
  EXPECT_EQ(refused("start-throws"),
            "start() threw an exception through the boundary, which none may cross "
            "(std::runtime_error: no beans)");
  EXPECT_EQ(refused("create-throws"),
            "create() of 'create-throws' threw an exception through the boundary, which none may "
            "cross (std::logic_error: no mill)");
  EXPECT_THAT(refused("create-throws-int"), HasSubstr("which none may cross (int)"));
  EXPECT_THAT(refused("stop-throws"), HasSubstr("stop() threw an exception"));
  EXPECT_THAT(refused("load-throws"), HasSubstr("no beans"));
}

TEST(Probe, ACrashIsARefusalThatSaysWhere) {
  EXPECT_EQ(refused("load-crashes"), "crashed (SIGSEGV) while being loaded");
  EXPECT_EQ(refused("start-crashes"), "crashed (SIGSEGV) while starting");
  EXPECT_EQ(refused("create-crashes"),
            "crashed (SIGSEGV) while creating an instance of 'create-crashes'");
  EXPECT_EQ(refused("destroy-crashes"),
            "crashed (SIGSEGV) while destroying an instance of 'destroy-crashes'");
  EXPECT_EQ(refused("start-exits"), "ended the process (status 0) while starting");
}

TEST(Probe, ACrashIsToldWithWhatWasPrintedLast) {
  EXPECT_EQ(refused("start-aborts"),
            "crashed (SIGABRT) while starting; the last that it printed: counting beans\\x0a"
            "assertion failed: \\x1b[31mbeans > 0");
}

TEST(Probe, AHangIsARefusalThatSaysWhere) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(refused("start-hangs", patient(hang_time)), hung + " while starting");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, hang_time + 60s);
  EXPECT_EQ(refused("create-hangs", patient(hang_time)),
            hung + " while creating an instance of 'create-hangs'");
}

TEST(Probe, MemoryWithoutEndIsARefusalThatSaysWhere) {
  ProbeOptions options = patient();
  options.memory_bytes_max = std::size_t{256} << 20;
  EXPECT_EQ(refused("create-eats-memory", options),
            "took more than 256 MiB of memory while creating an instance of "
            "'create-eats-memory'");
}

TEST(Probe, AFileThatIsWrittenIsARefusal) {
  EXPECT_THAT(refused("start-writes"), HasSubstr("wrote a file"));
}

TEST(Probe, AThreadThatIsLeftBehindIsARefusal) {
  EXPECT_EQ(refused("leaves-thread"), "it left 1 thread behind when stop() returned");
}

/// Whether a process runs that has this in its command line.
bool runs(const std::string& word) {
  for (const auto& process : fs::directory_iterator("/proc")) {
    if (testing::content_of(process.path() / "cmdline").find(word) != std::string::npos)
      return true;
  }
  return false;
}

TEST(Probe, AProcessThatIsLeftBehindIsARefusalAndEnds) {
  EXPECT_EQ(refused("leaves-process"), "it left a process behind when stop() returned");
  for (int attempt = 0; attempt < 500 && runs("leaves-process.so"); ++attempt) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_FALSE(runs("leaves-process.so"));
}

TEST(Probe, ALibraryThatCannotBeUnloadedPassesAsPinned) {
  EXPECT_TRUE(probed("pinned").value().pinned);
  EXPECT_FALSE(probed("thread-local").value().pinned);
}

TEST(Probe, WhatNeedsAConfigurationIsNotTriedAndTold) {
  const Probed found = probed("must-give").value();
  EXPECT_THAT(found.untried, ElementsAre("no instance of 'must-give' was made: its option 'agree' "
                                         "must be given"));
}

TEST(Probe, WhatAPluginPrintsChangesNothing) {
  const Probed quiet = probed("counts").value();
  const Probed loud = probed("start-prints").value();
  EXPECT_EQ(loud.info.name, "start-prints");
  EXPECT_EQ(loud.info.projections.size(), quiet.info.projections.size());
  EXPECT_EQ(refused("start-floods", patient(hang_time)), hung + " while starting");
}

TEST(Probe, APluginThatWritesIntoTheReportIsRefused) {
  EXPECT_EQ(refused("start-forges"), "its probe sent no report, but other bytes");
}

TEST(Probe, ThereIsNothingToRefuseWhereThereIsNoLibrary) {
  EXPECT_EQ(probed("no-such-plugin").error().code, Errc::not_found);
  EXPECT_THAT(probe("/dev/null", patient()).error().message, HasSubstr("not a regular file"));
}

TEST(Probe, ARunnerThatCannotRunIsNoFaultOfThePlugin) {
  ProbeOptions options = patient();
  options.runner = "/nowhere/refold-runner";
  EXPECT_EQ(probed("counts", options).error().code, Errc::io);
  EXPECT_THAT(probed("counts", options).error().message, HasSubstr("/nowhere/refold-runner"));
  options.runner = "/bin/echo";
  EXPECT_EQ(probed("counts", options).error().code, Errc::io);
  EXPECT_THAT(probed("counts", options).error().message, HasSubstr("no refold-runner of this"));
}

TEST(Probe, LeavesNoDescriptorAndNoProcess) {
  const auto descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator{});
  };
  static_cast<void>(probed("counts").value());
  const auto before = descriptors();
  for (const char* name : {"counts", "start-crashes", "no-entry"}) {
    static_cast<void>(probed(name));
  }
  static_cast<void>(probed("start-hangs", patient(200ms)));
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Probe, ManyAtOnceDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (const std::string name : {"counts", "start-crashes", "pinned", "no-entry"}) {
    threads.emplace_back([name] {
      for (int round = 0; round < 3; ++round) {
        const auto result = probed(name);
        EXPECT_EQ(result.has_value(), name == "counts" || name == "pinned") << name;
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Probe, WhyItIsRefusedIsToldAlsoIfUnloadingItWouldCrash) {
  EXPECT_EQ(refused("start-fails-unloading-crashes"), "start() failed: out of beans");
}

TEST(Probe, OneThatHasLeftItsGroupIsEndedToo) {
  EXPECT_EQ(refused("start-leaves-group", patient(hang_time)), hung + " while starting");
}

TEST(Probe, WorksWhereChildrenAreIgnored) {
  testing::Child child([](const testing::Channel&) {
    ::signal(SIGCHLD, SIG_IGN);
    EXPECT_EQ(refused("start-hangs", patient(hang_time)), hung + " while starting");
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(Probe, TheChildDiesWithItsParent) {
  const TempFolder temp;
  testing::Child parent(
      [&](const testing::Channel&) { static_cast<void>(probed("start-hangs", patient())); });
  const std::string children = "/proc/" + std::to_string(parent.pid()) + "/task/" +
                               std::to_string(parent.pid()) + "/children";
  pid_t runner = 0;
  for (int attempt = 0; attempt < 6000 && !(std::ifstream(children) >> runner); ++attempt)
    std::this_thread::sleep_for(10ms);
  ASSERT_GT(runner, 0);
  parent.kill(SIGKILL);
  static_cast<void>(parent.wait());
  const auto gone = [&] {
    std::ifstream stat("/proc/" + std::to_string(runner) + "/stat");
    std::string number;
    std::string name;
    std::string state;
    return !(stat >> number >> name >> state) || state == "Z";
  };
  for (int attempt = 0; attempt < 500 && !gone(); ++attempt) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(gone());
}

/// A report with one step and an end.
Bytes report_of(const Result<Probed>& end) {
  Bytes bytes = greeting_record();
  append(bytes, step_record("starting"));
  append(bytes, end_record(end));
  return bytes;
}

TEST(Report, EndsWhereTheChildEnded) {
  const Bytes whole = report_of(Error{Errc::unsupported, "too new"});
  const Report all = read_report(whole).value();
  EXPECT_EQ(all.step, "starting");
  EXPECT_EQ(all.refusal->code, Errc::unsupported);
  EXPECT_EQ(all.refusal->message, "too new");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Report part = read_report(ByteView(whole).first(size)).value();
    EXPECT_FALSE(part.refusal.has_value());
  }
}

TEST(Report, OfAHostileChildIsAnErrorOrHarmless) {
  Probed probed;
  probed.info.name = "likes";
  probed.info.version = "1";
  probed.info.projections.emplace_back().name = "likes";
  probed.info.projections[0].wants = REFOLD_RECORDS;
  probed.untried = {"something"};
  const Bytes whole = report_of(probed);
  EXPECT_EQ(read_report(whole).value().passed, probed);
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    Bytes changed = whole;
    for (int change = 0; change < 2; ++change) {
      changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
    }
    const auto report = read_report(changed);
    if (report.has_value() && report->passed) {
      EXPECT_TRUE(check(report->passed->info).has_value());
    }
  }
}

TEST(Report, WhatATerminalWouldActOnIsEscaped) {
  const auto shown = [](const std::string& message) {
    return read_report(report_of(Error{Errc::invalid, message})).value().refusal->message;
  };
  EXPECT_EQ(shown("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(shown("\\x1b[2J"), "\\x1b[2J") << "once";
}

}  // namespace
}  // namespace refold::plugin
