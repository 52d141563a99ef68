#include "core/isolation/engine_channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/isolation/messages.h"

namespace refold::isolation {
namespace {

/// No destructors: what the plugin has is of no use to anybody any more.
[[noreturn]] void end_with_engine() { ::_exit(1); }

}  // namespace

EngineChannel::EngineChannel(int descriptor) : descriptor_(descriptor) {
  send(Kind::greeting, bytes_of(greeting));
}

void EngineChannel::send(Kind kind, ByteView content) {
  Bytes frame;
  put_frame(frame, kind, content);
  ByteView left = frame;
  const std::lock_guard lock(mutex_);
  while (!left.empty()) {
    const ssize_t sent = ::send(descriptor_, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) end_with_engine();
    left = left.subspan(static_cast<std::size_t>(sent));
  }
}

Frame EngineChannel::receive() {
  received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  std::array<std::uint8_t, 16384> piece{};
  for (;;) {
    const auto found = first_frame(received_, order_bytes_max);
    if (found.has_error()) end_with_engine();
    if (*found) {
      taken_ = frame_head_bytes + (*found)->content.size();
      return **found;
    }
    const ssize_t got = ::read(descriptor_, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) end_with_engine();
    append(received_, ByteView(piece).first(static_cast<std::size_t>(got)));
  }
}

projection::LogSink EngineChannel::sink() {
  return [this](std::string_view /*projection*/, int level, std::string_view line) {
    send(Kind::line, encode(Line{level, std::string(line)}));
  };
}

}  // namespace refold::isolation
