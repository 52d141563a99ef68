#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <unordered_set>

#include "tests/crash/checker.h"
#include "tests/crash/disk.h"
#include "tests/crash/options.h"
#include "tests/crash/stage.h"
#include "tests/crash/trace.h"

namespace refold::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t seed = 77;
constexpr unsigned processes = 2;

/// The calls before and after which the power is made to fail.
bool matters(const Call& call, const std::set<int>& durable) {
  switch (call.op) {
    case trace_sync:
    case trace_rename:
    case trace_unlink: return true;
    case trace_write: return durable.contains(call.fd);
    default: return false;
  }
}

/// A run of the worker: what was there before, what it did, and how it looked in the end.
struct Recording {
  Image before;
  std::vector<Ack> acks_before;
  std::vector<Call> calls;
  std::string root;
  std::string data;  ///< the log, below root
};

/// Which images of which moments are looked at.
struct Share {
  unsigned part = 0;
  unsigned parts = 1;
  Disk::Ignored ignored{};
};

class Power : public ::testing::Test {
 protected:
  void SetUp() override {
    if (sanitized) GTEST_SKIP() << "the shim is not preloaded below a sanitizer";
  }

  /// Runs "crash_worker WHAT" on the log `data` below the stage, with the shim.
  Recording record(const std::string& what, const std::string& data, std::vector<Ack> acks) {
    Recording made;
    made.root = (scratch_ / "stage").native();
    made.data = data;
    fs::create_directories(made.root);
    made.before = read_image(made.root);
    made.acks_before = std::move(acks);
    const Descriptor mark(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    const std::string trace = (scratch_ / "trace").native();
    Process process(
        {worker, what, made.root + "/" + data, std::to_string(seed), std::to_string(mark.get())},
        {{"LD_PRELOAD", shim},
         {"REFOLD_SHIM_ROOT", made.root},
         {"REFOLD_SHIM_TRACE", trace},
         {"REFOLD_SHIM_MARK", std::to_string(mark.get())}},
        mark.get());
    const Ended ended = process.end();
    EXPECT_TRUE(ended.well()) << ended.text();
    made.calls = read_trace(trace);
    return made;
  }

  Recording record_script() {
    fs::create_directories(scratch_ / "stage");
    return record("script", "data", prepare(scratch_ / "stage/data", seed));
  }

  /// Makes the power fail around every call that matters, and checks what is left each time.
  /// Returns what was broken first, or nothing, and counts the images.
  std::string sweep(const Recording& recording, const Share& share) {
    Checker checker{Traffic(seed, script_drafts)};
    Disk disk(recording.root, recording.before, share.ignored);
    std::vector<Ack> acks = recording.acks_before;
    std::unordered_set<std::uint64_t> checked;
    std::set<int> durable;
    std::ofstream at(scratch_ / ("at." + std::to_string(share.part)));
    bool due = true;
    for (std::size_t moment = 0; moment <= recording.calls.size(); ++moment) {
      const Call* const next = moment < recording.calls.size() ? &recording.calls[moment] : nullptr;
      if (due || next == nullptr || matters(*next, durable)) {
        for (std::uint64_t form = 0; form < forms_; ++form) {
          const Image image = disk.after_power_loss(fate(form, moment));
          if (!checked.insert(checksum(image) + acks.size()).second) continue;
          if (checked.size() % share.parts != share.part) continue;
          at.seekp(0);
          at << "moment " << moment << ", form " << form << std::endl;
          const std::string broken = check(image, recording.data, acks, checker, share.part);
          if (broken.empty()) continue;
          return "moment " + std::to_string(moment) + " of " +
                 std::to_string(recording.calls.size()) + ", " + around(recording, moment) +
                 ", form " + std::to_string(form) + ": " + broken;
        }
      }
      if (next == nullptr) break;
      due = matters(*next, durable);
      if (next->op == trace_open && (next->flags & O_DSYNC) != 0) durable.insert(next->fd);
      if (next->op == trace_close) durable.erase(next->fd);
      if (next->op == trace_mark) {
        for (const Ack& ack : acks_in(next->data)) acks.push_back(ack);
      }
      disk.apply(*next);
    }
    std::ofstream(scratch_ / ("count." + std::to_string(share.part))) << checked.size();
    return {};
  }

  /// The same with all processors. Returns the number of images.
  unsigned long sweep_all(const Recording& recording) {
    std::vector<Process> sweeping;
    for (unsigned part = 0; part < processes; ++part) {
      sweeping.emplace_back([&, part] { return sweep(recording, {part, processes, {}}); });
    }
    for (unsigned part = 0; part < processes; ++part) {
      const Ended ended = sweeping[part].end();
      EXPECT_TRUE(ended.well()) << ended.text() << last_seen(part);
    }
    return std::strtoul(testing::content_of(scratch_ / "count.0").c_str(), nullptr, 10);
  }

  /// Whether the checks find that something is broken, or break down over it.
  bool finds(const Recording& recording, const Disk::Ignored& ignored) {
    Process process([&] { return sweep(recording, {0, 1, ignored}); });
    const Ended ended = process.end();
    std::printf("found: %s\n", ended.text().c_str());
    return !ended.well();
  }

  [[nodiscard]] std::string last_seen(unsigned part) const {
    return " at " + testing::content_of(scratch_ / ("at." + std::to_string(part)));
  }

  Scratch scratch_;
  std::uint64_t forms_ = std::max(6U, rounds_wanted(330) / 55);

 private:
  static Fate fate(std::uint64_t form, std::uint64_t moment) {
    using Of = Fate::Share;
    constexpr Fate extremes[] = {
        {Of::none, Of::none, 0}, {Of::none, Of::all, 0}, {Of::all, Of::none, 0}};
    if (form < std::size(extremes)) return extremes[form];
    return {Of::random, form % 2 == 0 ? Of::all : Of::random, moment * 1000 + form};
  }

  std::string check(const Image& image, const std::string& data, std::span<const Ack> acks,
                    Checker& checker, unsigned part) {
    const fs::path folder = scratch_ / ("image." + std::to_string(part));
    write_image(image, folder);
    const auto found = checker.check(folder / data, acks);
    return found.has_error() ? found.error().message : "";
  }

  static std::string around(const Recording& recording, std::size_t moment) {
    constexpr const char* names[] = {"?",      "open", "close",  "write", "truncate", "sync",
                                     "rename", "link", "unlink", "mkdir", "mark"};
    std::string text;
    for (std::size_t at = moment < 2 ? 0 : moment - 2; at < moment + 2; ++at) {
      if (at >= recording.calls.size()) break;
      const Call& call = recording.calls[at];
      text += std::string(at == moment ? " | " : " ") + names[call.op] + " " +
              std::to_string(call.fd) + " " + call.path;
    }
    return "between" + text;
  }
};

TEST_F(Power, TheTraceTellsAllThatHappened) {
  const Recording recording = record_script();
  Disk disk(recording.root, recording.before);
  for (const Call& call : recording.calls) disk.apply(call);
  EXPECT_EQ(difference(disk.seen(), read_image(recording.root)), "");
}

TEST_F(Power, ItsLossAtAnySyncOrRenameLosesNothingAcknowledged) {
  const Recording recording = record_script();
  const unsigned long images = sweep_all(recording);
  std::printf("%lu images, %zu calls\n", images, recording.calls.size());
  EXPECT_GT(images, 300U);
}

TEST_F(Power, ItsLossWhileALogIsCreatedLosesNothingAcknowledged) {
  const Recording recording = record("create", "deep/er/data", {});
  const unsigned long images = sweep_all(recording);
  std::printf("%lu images, %zu calls\n", images, recording.calls.size());
  EXPECT_GT(images, 30U);
}

TEST_F(Power, ADiskThatLiesAboutSyncsOfTheTailIsFoundOut) {
  EXPECT_TRUE(finds(record_script(), [](const std::string& path) {
    return path.find("/log/tail.") != std::string::npos;
  }));
}

TEST_F(Power, ADiskThatLiesAboutSyncsOfSegmentsIsFoundOut) {
  EXPECT_TRUE(finds(record_script(), [](const std::string& path) {
    return path.find(".seg") != std::string::npos;
  }));
}

TEST_F(Power, ADiskThatLiesAboutSyncsOfFoldersIsFoundOut) {
  EXPECT_TRUE(finds(record_script(),
                    [](const std::string& path) { return path.ends_with("/log/segments"); }));
}

}  // namespace
}  // namespace refold::crash
