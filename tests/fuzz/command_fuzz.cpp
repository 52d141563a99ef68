#include <algorithm>
#include <string>

#include "core/base/assert.h"
#include "core/server/command.h"

using namespace refold;

namespace {

void read_request(std::string_view body) {
  const auto request = server::decode_command(body);
  if (request.has_error()) return;
  REFOLD_ASSERT(request->arguments.size() <= server::command_arguments_max, "too many arguments");
  const auto again = server::decode_command(server::encode(*request));
  REFOLD_ASSERT(again.has_value(), "what was read cannot be written");
  REFOLD_ASSERT(again->arguments == request->arguments && again->folder == request->folder &&
                    again->out.columns == request->out.columns,
                "what was read is written as something else");
}

/// The bytes come in two pieces; what is told does not depend on where they are cut.
std::string told(std::string_view bytes, std::size_t cut) {
  std::string seen;
  server::FrameReader reader;
  const auto take = [&](server::FrameKind kind, std::string_view content) -> Result<void> {
    REFOLD_ASSERT(content.size() <= server::frame_bytes_max, "a frame is over its limit");
    seen += server::frame(kind, content);
    return ok();
  };
  if (reader.read(bytes_of(bytes.substr(0, cut)), take).has_error()) return seen;
  (void)reader.read(bytes_of(bytes.substr(cut)), take);
  return seen;
}

}  // namespace

// What comes over the control socket: a command, and the frames of its answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    read_request(text);
  } else {
    const std::string whole = told(text, text.size());
    REFOLD_ASSERT(told(text, std::min<std::size_t>(data[0], text.size())) == whole,
                  "where the bytes are cut makes a difference");
    REFOLD_ASSERT(text.starts_with(whole), "a frame is told as another one");
  }
  return 0;
}
