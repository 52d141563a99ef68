#include "core/plugin/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace refold::plugin {
namespace {

struct Ends {
  Descriptor ours;
  Descriptor childs;
};

/// A copy with a number that no descriptor of the child has to have: dup2() onto itself would leave
/// it to be closed by exec, and onto another one that is still needed would lose that.
Result<Descriptor> high_copy(int descriptor, std::size_t given) {
  const int lowest = ChildProcess::first_given_descriptor + static_cast<int>(given);
  Descriptor high(::fcntl(descriptor, F_DUPFD_CLOEXEC, lowest));
  if (!high.open()) return system_error("copy a descriptor", errno);
  return high;
}

Result<Ends> make_ends(std::array<int, 2> made, std::size_t given) {
  Ends ends{Descriptor(made[0]), Descriptor(made[1])};
  REFOLD_TRY(ends.childs, high_copy(made[1], given));
  if (::fcntl(ends.ours.get(), F_SETFL, O_NONBLOCK) != 0) {
    return system_error("make a pipe", errno);
  }
  return ends;
}

Result<Ends> make_pipe(std::size_t given) {
  std::array<int, 2> made{};
  if (::pipe2(made.data(), O_CLOEXEC) != 0) return system_error("make a pipe", errno);
  return make_ends(made, given);
}

Result<Ends> make_channel(std::size_t given) {
  std::array<int, 2> made{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made.data()) != 0) {
    return system_error("make a pair of sockets", errno);
  }
  return make_ends(made, given);
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
  int fill(int channel, int output, const std::vector<Descriptor>& given) {
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    const short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    std::vector<int> done = {
        posix_spawnattr_setflags(&attributes_, flags),
        posix_spawnattr_setpgroup(&attributes_, 0),
        posix_spawnattr_setsigdefault(&attributes_, &all),
        posix_spawnattr_setsigmask(&attributes_, &none),
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
        posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO),
        posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO),
        posix_spawn_file_actions_adddup2(&actions_, channel, ChildProcess::channel_descriptor)};
    int next = ChildProcess::first_given_descriptor;
    for (const Descriptor& one : given) {
      done.push_back(posix_spawn_file_actions_adddup2(&actions_, one.get(), next++));
    }
    done.push_back(posix_spawn_file_actions_addclosefrom_np(&actions_, next));
    for (const int failed : done) {
      if (failed != 0) return failed;
    }
    return 0;
  }
  int spawn(pid_t& pid, const char* program, char* const* arguments) {
    std::vector<char*> environment;
    for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
      if (is_passed_on(*one)) environment.push_back(*one);
    }
    environment.push_back(nullptr);
    return ::posix_spawn(&pid, program, &actions_, &attributes_, arguments, environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

bool is_passed_on(std::string_view variable) noexcept {
  constexpr std::string_view beginnings[] = {"LANG=",       "LC_",    "TZ=",
                                             "TMPDIR=",     "PATH=",  "LD_LIBRARY_PATH=",
                                             "LD_PRELOAD=", "ASAN_",  "LSAN_",
                                             "UBSAN_",      "TSAN_",  "LLVM_PROFILE_FILE=",
                                             "MALLOC_",     "GLIBC_", "REFOLD_CRASH_AT=",
                                             "REFOLD_TEST_"};
  return std::any_of(std::begin(beginnings), std::end(beginnings),
                     [&](std::string_view one) { return variable.starts_with(one); });
}

Result<ChildProcess> ChildProcess::start(const std::filesystem::path& program,
                                         const std::vector<std::string>& arguments,
                                         const std::vector<int>& given) {
  REFOLD_TRY(Ends channel, make_channel(given.size()));
  REFOLD_TRY(Ends output, make_pipe(given.size()));
  std::vector<Descriptor> copies;
  for (const int one : given) {
    REFOLD_TRY(copies.emplace_back(), high_copy(one, given.size()));
  }
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), program.string());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  Preparation preparation;
  pid_t pid = -1;
  int failed = preparation.fill(channel.childs.get(), output.childs.get(), copies);
  if (failed == 0) failed = preparation.spawn(pid, program.c_str(), pointers.data());
  if (failed != 0) return system_error("start " + program.string(), failed);
  return ChildProcess(pid, std::move(channel.ours), std::move(output.ours));
}

ChildProcess::ChildProcess(pid_t pid, Descriptor channel, Descriptor output)
    : pid_(pid), channel_(std::move(channel)), output_(std::move(output)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      channel_(std::move(other.channel_)),
      output_(std::move(other.output_)) {}

ChildProcess::~ChildProcess() { finish(); }

bool ChildProcess::ended() const {
  siginfo_t info{};
  // Whoever ignores SIGCHLD has no children to ask for: that is an end too.
  const int asked = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  return asked == 0 ? info.si_pid == pid_ : errno != EINTR;
}

std::size_t ChildProcess::own_bytes() const {
  const std::string path = "/proc/" + std::to_string(pid_) + "/statm";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 128> text{};
  if (!file.open() || ::read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  char* at = nullptr;
  std::strtoull(text.data(), &at, 10);
  const auto resident = std::strtoull(at, &at, 10);
  const auto of_files = std::strtoull(at, nullptr, 10);
  const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return resident > of_files ? (resident - of_files) * page_bytes : 0;
}

int ChildProcess::finish() {
  if (pid_ <= 0) return 0;
  // As long as it has not been waited for, nobody else can have the number of its group.
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // it may have gone to another group
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return status;
}

}  // namespace refold::plugin
