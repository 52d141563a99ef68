#pragma once

#include <algorithm>
#include <csignal>
#include <fstream>
#include <mutex>
#include <sstream>

#include "core/isolation/process_isolation.h"
#include "core/plugin/child_stream.h"
#include "tests/projection/fixture.h"
#include "tests/support/plugins.h"

namespace refold::isolation {

using namespace refold::projection;
using namespace refold::testing;
namespace fs = std::filesystem;

/// What a process is, by /proc; `state` is 0 if there is none.
struct ProcessState {
  std::string name;
  char state = 0;
  pid_t parent = 0;
};
/// A file of a process; empty if that ends meanwhile.
inline std::string proc_file(pid_t pid, const std::string& name) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/" + name);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
inline ProcessState state_of(pid_t pid) {
  ProcessState found;
  const std::string text = proc_file(pid, "stat");
  const std::size_t begin = text.find('(');
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return found;
  found.name = text.substr(begin + 1, end - begin - 1);
  std::istringstream rest(text.substr(end + 1));
  rest >> found.state >> found.parent;
  return found;
}

/// The processes of `refold-runner` that a process has started and not yet waited for. Without a
/// verb ("fold", "answer") those too that have ended.
inline std::vector<pid_t> workers_of(pid_t parent, const std::string& verb = "") {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto pid = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    if (pid == 0) continue;
    const ProcessState state = state_of(pid);
    if (state.name != "refold-runner" || state.parent != parent) continue;
    std::string line = proc_file(pid, "cmdline");
    std::replace(line.begin(), line.end(), '\0', ' ');
    if (verb.empty() || line.find("refold-runner " + verb) != line.npos) found.push_back(pid);
  }
  return found;
}

/// It is gone, or nothing of it is left but its number. (The first of its threads may end first.)
inline bool has_ended(pid_t pid) {
  const char state = state_of(pid).state;
  if (state == 0 || state == 'X') return true;
  std::error_code failed;
  const fs::directory_iterator threads("/proc/" + std::to_string(pid) + "/task", failed);
  return state == 'Z' && (failed || std::distance(begin(threads), end(threads)) == 1);
}
inline void kill_all(const std::vector<pid_t>& pids) {
  for (const pid_t pid : pids) ::kill(pid, SIGKILL);
  for (const pid_t pid : pids) EXPECT_TRUE(comes_true([&] { return has_ended(pid); }));
}

/// What hangs is given so long; what is only slow has come far enough by then.
inline constexpr std::chrono::milliseconds hang_time = sanitized ? 10s : 3s;
inline const std::string hung = "it hung for " + plugin::seconds_text(hang_time);

inline ProcessOptions quick_processes() {
  ProcessOptions options;
  options.runner = runner;
  options.memory_bytes_max = std::size_t{256} << 20;
  options.call_time_max = 60s;
  options.query_time_max = 60s;
  options.end_time_max = 500ms;
  options.restart_pause = 1ms;
  options.restart_pause_max = 20ms;
  return options;
}

/// Projections out of libraries in processes, and those of the test plugin beside them in threads.
struct IsolationTest : ProjectionTest {
  ProcessOptions processes = quick_processes();
  std::unique_ptr<ProcessIsolation> isolation;
  std::vector<std::string> lines;
  std::mutex lines_mutex;

  IsolationTest() {
    options.probe.runner = runner;
    // A loop's process may take as much more.
    options.loop.batch.bytes = options.loop.first_batch.bytes = 64 << 10;
    options.log = [this](std::string_view projection, int, std::string_view line) {
      const std::lock_guard lock(lines_mutex);
      lines.push_back(std::string(projection) + ": " + std::string(line));
    };
  }
  ~IsolationTest() override {
    projections.reset();
    EXPECT_EQ(workers_of(getpid()), std::vector<pid_t>()) << "a process is left over";
  }

  void open_isolated() {
    isolation = std::make_unique<ProcessIsolation>(processes);
    options.isolation = isolation.get();
    open();
  }
  /// The build's folder may be one that others may write, so a copy of a plugin is what is loaded.
  [[nodiscard]] fs::path library(const std::string& name) const {
    const fs::path copy = folder / (name + ".so");
    if (!fs::exists(copy)) {
      fs::copy_file(refold::testing::test_plugin(name), copy);
      fs::permissions(copy, fs::perms(0600));
    }
    return copy;
  }
  Supervisor& load_library(const std::string& plugin, const std::string& name = {}) {
    if (!projections) open_isolated();
    LoadRequest request;
    request.name = name.empty() ? plugin : name;
    request.library = library(plugin);
    good(projections->load(request));
    return at(request.name);
  }
  [[nodiscard]] std::uint64_t counted(const std::string& name,
                                      std::string_view collection = post) const {
    const std::string answer =
        good(at(name).query("count", {{"collection", std::string(collection)}}, within_time(), 0));
    return std::stoull(answer.substr(answer.find(':') + 1));
  }
  [[nodiscard]] bool said(const std::string& what) {
    const std::lock_guard lock(lines_mutex);
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(what) != std::string::npos;
    });
  }
};

}  // namespace refold::isolation
