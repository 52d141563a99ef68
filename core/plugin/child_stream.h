#pragma once

#include <poll.h>

#include <chrono>
#include <string>

#include "core/base/bytes.h"
#include "core/base/descriptor.h"

namespace refold::plugin {

/// A stream of a child, read without waiting. The descriptor stays the caller's.
class Stream {
 public:
  explicit Stream(const Descriptor& from) : from_(from) {}

  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// For poll(): a stream that has ended is left out.
  [[nodiscard]] pollfd asked() const { return {ended_ ? -1 : from_.get(), POLLIN, 0}; }
  /// Takes what is there, up to `bytes_max` at once.
  void take(std::size_t bytes_max);
  /// Forgets the first ones.
  void drop(std::size_t count) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  void keep_last(std::size_t bytes_max) {
    if (bytes_.size() > bytes_max) drop(bytes_.size() - bytes_max);
  }

 private:
  const Descriptor& from_;
  Bytes bytes_;
  bool ended_ = false;
};

/// So much is kept of what a child prints.
inline constexpr std::size_t output_bytes_kept = 4096;
/// "; the last that it printed: ...": a crash is often explained there. Empty if it printed
/// nothing.
[[nodiscard]] std::string last_words(ByteView printed);
/// What became of a child, by its wait status: "crashed (SIGSEGV)".
[[nodiscard]] std::string ending_text(int status);
/// "2.5 s".
[[nodiscard]] std::string seconds_text(std::chrono::milliseconds span);

}  // namespace refold::plugin
