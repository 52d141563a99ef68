#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "tests/bench/log/workloads.h"

extern "C" char** environ;  // NOLINT(readability-redundant-declaration): unistd.h may not have it

namespace refold::bench {
namespace {

/// Runs this program again with other arguments; what it prints.
Result<std::string> run_again(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "refold-bench");
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  int ends[2];
  if (::pipe(ends) != 0) return system_error("make a pipe", errno);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addclose(&actions, ends[0]);
  pid_t child = 0;
  const int failed =
      ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string printed;
  std::array<char, 256> buffer{};
  for (ssize_t got = 0; failed == 0 && (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    printed.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  if (failed != 0) return system_error("start refold-bench again", failed);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) return Error{Errc::io, "the memory probe failed"};
  return printed;
}

}  // namespace

Result<void> run_memory(LogBench& bench) {
  if (!bench.wants({"memory"})) return ok();
  const auto folder = bench.fresh_folder("memory");
  REFOLD_TRY(const std::string printed,
             run_again({"memory-probe", "--prepared", bench.prepared_file().string(), "--folder",
                        folder.string()}));
  bench.measured("memory", refold_log, std::strtod(printed.c_str(), nullptr) / 1024.0);
  std::filesystem::remove_all(folder);
  return ok();
}

}  // namespace refold::bench
