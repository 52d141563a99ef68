#include "core/plugin/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace refold::plugin {
namespace {

struct Pipe {
  Descriptor reading;
  Descriptor writing;
};

/// The writing end gets a number that no descriptor of the child has to have: dup2() onto itself
/// would leave it to be closed by exec.
Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("make a pipe", errno);
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  Descriptor high(
      ::fcntl(pipe.writing.get(), F_DUPFD_CLOEXEC, ChildProcess::report_descriptor + 1));
  if (!high.open()) return system_error("make a pipe", errno);
  if (::fcntl(pipe.reading.get(), F_SETFL, O_NONBLOCK) != 0) {
    return system_error("make a pipe", errno);
  }
  pipe.writing = std::move(high);
  return pipe;
}

/// What is done in the child before the program starts there.
class Preparation {
 public:
  Preparation() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~Preparation() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  /// 0, or an errno value.
  int fill(int report, int output) {
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    const short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    const std::array<int, 9> done = {
        posix_spawnattr_setflags(&attributes_, flags),
        posix_spawnattr_setpgroup(&attributes_, 0),
        posix_spawnattr_setsigdefault(&attributes_, &all),
        posix_spawnattr_setsigmask(&attributes_, &none),
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
        posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO),
        posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO),
        posix_spawn_file_actions_adddup2(&actions_, report, ChildProcess::report_descriptor),
        posix_spawn_file_actions_addclosefrom_np(&actions_, ChildProcess::report_descriptor + 1)};
    for (const int failed : done) {
      if (failed != 0) return failed;
    }
    return 0;
  }
  int spawn(pid_t& pid, const char* program, char* const* arguments) {
    return ::posix_spawn(&pid, program, &actions_, &attributes_, arguments, environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::filesystem::path& program,
                                         const std::vector<std::string>& arguments) {
  REFOLD_TRY(Pipe report, make_pipe());
  REFOLD_TRY(Pipe output, make_pipe());
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), program.string());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  Preparation preparation;
  pid_t pid = -1;
  int failed = preparation.fill(report.writing.get(), output.writing.get());
  if (failed == 0) failed = preparation.spawn(pid, program.c_str(), pointers.data());
  if (failed != 0) return system_error("start " + program.string(), failed);
  return ChildProcess(pid, std::move(report.reading), std::move(output.reading));
}

ChildProcess::ChildProcess(pid_t pid, Descriptor report, Descriptor output)
    : pid_(pid), report_(std::move(report)), output_(std::move(output)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      report_(std::move(other.report_)),
      output_(std::move(other.output_)) {}

ChildProcess::~ChildProcess() { finish(); }

bool ChildProcess::ended() const {
  siginfo_t info{};
  // Whoever ignores SIGCHLD has no children to ask for: that is an end too.
  const int asked = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  return asked == 0 ? info.si_pid == pid_ : errno != EINTR;
}

std::size_t ChildProcess::resident_bytes() const {
  const std::string path = "/proc/" + std::to_string(pid_) + "/statm";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 128> text{};
  if (!file.open() || ::read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  char* after_size = nullptr;
  std::strtoull(text.data(), &after_size, 10);
  return std::strtoull(after_size, nullptr, 10) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

int ChildProcess::finish() {
  if (pid_ <= 0) return 0;
  // As long as it has not been waited for, nobody else can have the number of its group.
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
    ::kill(-pid_, SIGKILL);
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return status;
}

}  // namespace refold::plugin
