#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/server/jobs.h"

namespace refold::server {

/// Commands of `refold` that run in the engine: what the client sends, and what it gets back. Both
/// are programs of one release: the first field says which, and another one is refused.
///
/// POST /control/commands takes a CommandRequest, and answers with frames, until `ended`.

/// What one of the client's output streams is.
struct StreamForm {
  bool is_terminal = false;
  bool redraws = false;
  bool colours = false;
  std::uint64_t columns = 0;
};

struct CommandRequest {
  std::string version;                 ///< of the client
  std::vector<std::string> arguments;  ///< any bytes; without the program's name
  std::string folder;                  ///< the client's working directory
  std::string data;                    ///< the data directory, as the client calls it
  StreamForm out;
  StreamForm err;
  bool input_is_terminal = false;
};
inline constexpr std::size_t command_arguments_max = 4'096;
inline constexpr std::size_t command_bytes_max = std::size_t{512} << 10;

[[nodiscard]] std::string encode(const CommandRequest& request);
/// Errors: `invalid`.
[[nodiscard]] Result<CommandRequest> decode_command(std::string_view body);

/// What the answer is made of: a kind, a length of 4 bytes (little-endian), and as many bytes.
enum class FrameKind : std::uint8_t {
  started = 1,  ///< the job's number
  out = 2,      ///< for standard output
  err = 3,      ///< for standard error
  input = 4,    ///< the command wants to read: POST /control/commands/{job}/input
  stays = 5,    ///< it goes on when the client goes
  ended = 6,    ///< the exit status, in digits
};
inline constexpr std::size_t frame_bytes_max = std::size_t{1} << 20;
[[nodiscard]] std::string frame(FrameKind kind, std::string_view content);

/// Frames from bytes as they come.
class FrameReader {
 public:
  using Take = std::function<Result<void>(FrameKind kind, std::string_view content)>;
  /// Tells `take` each frame that is complete. Errors: `invalid` for what is no frame; those of
  /// `take`.
  [[nodiscard]] Result<void> read(ByteView bytes, const Take& take);

 private:
  std::string pending_;
};

/// What a command in the engine talks to. One thread.
class CommandConsole {
 public:
  virtual ~CommandConsole() = default;
  /// False once nobody reads it, and nobody will.
  virtual bool put(FrameKind stream, std::string_view text) = 0;
  /// Waits for some of the client's standard input. Empty: the end, or it was interrupted.
  [[nodiscard]] virtual std::string read() = 0;
  /// From now on the command goes on without its client; an interruption only sends that away.
  virtual void stay() = 0;
  /// Whether the command is to end early: the user has interrupted it, or left one that has no
  /// sense without somebody who looks, or the engine stops.
  [[nodiscard]] virtual bool interrupted() = 0;
  [[nodiscard]] virtual Job& job() noexcept = 0;
};

/// Runs a command of `refold` in this process, and returns its exit status.
using RunCommand = std::function<int(const CommandRequest& request, CommandConsole& console)>;

}  // namespace refold::server
