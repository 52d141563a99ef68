#include "core/cli/engine_command.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/cli/app.h"
#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/exit.h"
#include "core/cli/version.h"

namespace refold::cli {

namespace {

using server::CommandConsole;
using server::CommandRequest;
using server::FrameKind;

Terminal terminal_of(const server::StreamForm& form) {
  return {form.is_terminal, form.redraws, form.colours, static_cast<std::size_t>(form.columns)};
}

/// The user of a command, at the other end of the control socket.
class RemoteConsole final : public Console {
 public:
  RemoteConsole(const CommandRequest& request, CommandConsole& client)
      : request_(request),
        client_(client),
        out_(terminal_of(request.out)),
        err_(terminal_of(request.err)) {}

  /// A command that does not ask whether it was interrupted ends as if nobody read it.
  int write(To stream, std::string_view text) override {
    cut_ = cut_ || (listening_ == 0 && !told_ && client_.interrupted());
    if (cut_) return EPIPE;
    const bool read = client_.put(stream == To::out ? FrameKind::out : FrameKind::err, text);
    return read ? 0 : EPIPE;
  }
  bool abandoned() override { return client_.interrupted(); }
  [[nodiscard]] const Terminal& terminal(To stream) const override {
    return stream == To::out ? out_ : err_;
  }
  [[nodiscard]] bool input_is_terminal() const override { return request_.input_is_terminal; }
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (input_.empty()) input_ = client_.read();
    const std::size_t count = std::min(into.size(), input_.size());
    std::memcpy(into.data(), input_.data(), count);
    input_.erase(0, count);
    return count;
  }
  void listen() override { ++listening_; }
  void listen_no_more() override { --listening_; }
  bool interrupted() override {
    told_ = told_ || client_.interrupted();
    return told_;
  }
  /// Whether it was interrupted without having asked.
  [[nodiscard]] bool cut() const noexcept { return cut_; }
  void stay() override { client_.stay(); }
  void report(std::string_view label, std::uint64_t done, std::uint64_t total) override {
    client_.job().progress(label, done, total);
  }
  [[nodiscard]] std::filesystem::path resolve(const std::filesystem::path& file) const override {
    return std::filesystem::path(request_.folder) / file;
  }

 private:
  const CommandRequest& request_;
  CommandConsole& client_;
  Terminal out_;
  Terminal err_;
  std::string input_;
  int listening_ = 0;  ///< Interruptions of the command
  bool told_ = false;  ///< it knows, and ends in its own way
  bool cut_ = false;
};

}  // namespace

server::RunCommand commands_over(const EngineHandles& handles) {
  return [&handles](const CommandRequest& request, CommandConsole& client) {
    RemoteConsole remote(request, client);
    const ConsoleScope scope(remote);
    if (request.version != version_text()) {
      complain("the engine that runs is of another release than this program:\n" + version_text() +
               "\nUse the 'refold' that belongs to it, or restart it.");
      return static_cast<int>(Exit::failed);
    }
    const int status = run_in_engine(handles, request);
    return remote.cut() ? static_cast<int>(Exit::interrupted) : status;
  };
}

}  // namespace refold::cli
