#include "core/cli/engine_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "core/base/descriptor.h"
#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/exit.h"
#include "core/cli/signals.h"
#include "core/cli/version.h"
#include "core/engine/config/config.h"
#include "core/net/http_client.h"
#include "core/server/command.h"

namespace refold::cli {

using server::FrameKind;

namespace {

constexpr std::chrono::milliseconds look_time{20};
/// A command that waits for something, and says nothing, does not notice that it was interrupted.
constexpr std::chrono::seconds end_patience{2};
constexpr std::size_t input_bytes = std::size_t{256} << 10;
constexpr std::size_t answer_bytes_max = std::size_t{1} << 40;

server::StreamForm form_of(const Terminal& terminal) {
  return {terminal.is_terminal, terminal.redraws, terminal.colours, terminal.columns};
}

/// A path to a descriptor of this process (`<(command)`) as the engine can open it, too.
std::string seen_from_outside(const std::string& argument) {
  const std::string own = "/proc/" + std::to_string(::getpid()) + "/fd/";
  if (argument == "/dev/stdin") return own + "0";
  for (const std::string_view of_self : {"/dev/fd/", "/proc/self/fd/"}) {
    if (argument.starts_with(of_self)) return own + argument.substr(of_self.size());
  }
  return argument;
}

/// A command at the engine, from here.
class RemoteCommand {
 public:
  RemoteCommand(const std::filesystem::path& socket, server::CommandRequest request)
      : client_(runtime_, options_of(socket)), request_(std::move(request)) {}

  int run() {
    listen_to_signals();
    std::thread reading([this] { read_answer(); });
    while (!finished_ && !left_) {
      watch_input();
      if (signal_came()) interrupt();
    }
    stop_.request_stop();
    reading.join();
    stop_listening_to_signals();
    return outcome();
  }

 private:
  static net::HttpClientOptions options_of(const std::filesystem::path& socket) {
    net::HttpClientOptions options;
    options.local_socket = socket;
    options.idle_time = std::chrono::milliseconds(0);
    return options;
  }

  [[nodiscard]] net::Ask ask(const std::string& path, std::string body) const {
    net::Ask made;
    made.method = "POST";
    made.url = {"http", "localhost", 80, "/control/commands" + path};
    made.headers.push_back({"Content-Type", "application/octet-stream"});
    made.body = std::move(body);
    made.body_bytes_max = answer_bytes_max;
    made.total_time = std::chrono::milliseconds(0);
    return made;
  }

  /// On a thread of its own: writes what comes.
  void read_answer() {
    ProcessConsole here;
    server::FrameReader frames;
    const auto take = [&](FrameKind kind, std::string_view content) {
      return take_frame(here, kind, content);
    };
    const auto answer = client_.download(
        ask("", encode(request_)), [&](ByteView piece) { return frames.read(piece, take); },
        stop_.get_token());
    if (answer.has_error()) {
      trouble_ = answer.error();
    } else if (answer->status != 200) {
      trouble_ = Error{Errc::unsupported, "the engine does not take commands: " + answer->body};
    }
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_one();
  }

  Result<void> take_frame(Console& here, FrameKind kind, std::string_view content) {
    int number = 0;
    std::from_chars(content.data(), content.data() + content.size(), number);
    switch (kind) {
      case FrameKind::started: job_ = number; break;
      case FrameKind::stays: stays_ = true; break;
      case FrameKind::input: {
        const std::lock_guard lock(mutex_);
        wanted_ = true;
        changed_.notify_one();
        break;
      }
      case FrameKind::ended: status_ = number; break;
      case FrameKind::out:
      case FrameKind::err: {
        const auto to = kind == FrameKind::out ? Console::To::out : Console::To::err;
        const int error = here.write(to, content);
        if (error == 0) break;
        unread_ = error == EPIPE;
        return system_error("write", error);
      }
    }
    return ok();
  }

  /// Hands on some standard input, if the command wants it; else waits a little.
  void watch_input() {
    if (!wanted_) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, look_time, [&] { return finished_ || wanted_; });
      return;
    }
    pollfd asked{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&asked, 1, static_cast<int>(look_time.count()));
    if (ready <= 0) return;
    std::string input(input_bytes, '\0');
    const ssize_t count = ::read(STDIN_FILENO, input.data(), input.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    input.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    wanted_ = false;
    (void)client_.send(ask("/" + std::to_string(job_) + "/input", std::move(input)));
  }

  void interrupt() {
    const auto now = std::chrono::steady_clock::now();
    if (stays_) {
      left_ = true;
    } else if (told_) {
      left_ = now - *told_ >= end_patience;
    } else if (job_ != 0) {
      told_ = now;
      (void)client_.send(ask("/" + std::to_string(job_) + "/interrupt", {}));
    }
  }

  [[nodiscard]] int outcome() const {
    if (status_ >= 0) return status_;
    if (unread_) return static_cast<int>(Exit::ok);
    if (left_) {
      const std::string job = std::to_string(job_);
      if (!stays_) {
        complain("interrupted: it ends in the engine as soon as it notices");
        return static_cast<int>(Exit::interrupted);
      }
      complain("it goes on in the engine, as job " + job + "\nrefold jobs follow " + job +
               "\nrefold jobs cancel " + job);
      return static_cast<int>(Exit::interrupted);
    }
    complain(trouble_ ? "the engine has not come to an end with it: " + trouble_->message
                      : "the engine has ended before the command");
    return static_cast<int>(Exit::failed);
  }

  net::Runtime runtime_;
  net::HttpClient client_;
  server::CommandRequest request_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> finished_{false};
  std::atomic<bool> wanted_{false};  ///< standard input
  std::atomic<bool> stays_{false};
  std::atomic<int> job_{0};
  std::optional<std::chrono::steady_clock::time_point> told_;  ///< that it is to end
  bool left_ = false;
  // Of the reading thread, until it has ended.
  int status_ = -1;
  bool unread_ = false;
  std::optional<Error> trouble_;
};

}  // namespace

std::filesystem::path control_socket(const std::filesystem::path& data) {
  const std::filesystem::path usual = data / engine::usual_socket;
  std::error_code none;
  const std::filesystem::path elsewhere = std::filesystem::read_symlink(usual, none);
  return none ? usual : elsewhere;
}

bool engine_runs(const std::filesystem::path& data) {
  const std::filesystem::path socket = control_socket(data);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = socket.native();
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const Descriptor asked(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(asked.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::optional<int> run_at_engine(const std::filesystem::path& data,
                                 const std::vector<std::string>& arguments) {
  if (!engine_runs(data)) return std::nullopt;
  server::CommandRequest request;
  request.version = version_text();
  for (const std::string& one : arguments) request.arguments.push_back(seen_from_outside(one));
  request.data = data.native();
  std::error_code error;
  request.folder = std::filesystem::current_path(error).native();
  request.out = form_of(console().terminal(Console::To::out));
  request.err = form_of(console().terminal(Console::To::err));
  request.input_is_terminal = console().input_is_terminal();
  return RemoteCommand(control_socket(data), std::move(request)).run();
}

}  // namespace refold::cli
