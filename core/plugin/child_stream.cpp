#include "core/plugin/child_stream.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/base/characters.h"

namespace refold::plugin {
namespace {

constexpr std::size_t output_bytes_shown = 400;

}  // namespace

void Stream::take(std::size_t bytes_max) {
  std::array<std::uint8_t, 16384> piece{};
  for (std::size_t taken = 0; !ended_ && taken < bytes_max;) {
    const ssize_t got = ::read(from_.get(), piece.data(), piece.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      ended_ = true;
      return;
    }
    append(bytes_, ByteView(piece).first(static_cast<std::size_t>(got)));
    taken += static_cast<std::size_t>(got);
  }
}

std::string last_words(ByteView printed) {
  std::string_view text = text_of(printed);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  if (text.size() > output_bytes_shown) text.remove_prefix(text.size() - output_bytes_shown);
  return text.empty() ? "" : "; the last that it printed: " + escaped(text);
}

std::string ending_text(int status) {
  if (WIFEXITED(status)) {
    return "ended the process (status " + std::to_string(WEXITSTATUS(status)) + ")";
  }
  const int signal = WTERMSIG(status);
  if (signal == SIGXFSZ) return "wrote a file (a projection writes rows, and nothing else)";
  if (signal == SIGXCPU) return "took more processor time than there was";
  const char* const name = ::sigabbrev_np(signal);
  const std::string text = "SIG" + (name == nullptr ? std::to_string(signal) : std::string(name));
  return (signal == SIGKILL ? "was killed (" : "crashed (") + text + ")";
}

std::string seconds_text(std::chrono::milliseconds span) {
  std::string text = std::to_string(span.count() / 1000);
  if (const auto rest = span.count() % 1000; rest != 0) {
    text += "." + std::to_string(1000 + rest).substr(1);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + " s";
}

}  // namespace refold::plugin
