#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "core/net/http_server.h"

namespace refold::net {

/// One request's answer, between whoever gives it (any thread) and the session that sends it (the
/// thread of its loop).
class Exchange {
 public:
  /// `wake` is called when the session that said it waits has something to do; not after leave().
  /// With `stopping` requested nobody waits for the session any more.
  Exchange(std::function<void()> wake, std::size_t stream_bytes_max, std::stop_token stopping)
      : wake_(std::move(wake)),
        stream_bytes_max_(stream_bytes_max),
        stopping_(std::move(stopping)) {}

  // Whoever answers -------------------------------------------------------------------------------
  void answer(Response response, bool stream);
  bool write(std::string text);
  void end();
  bool wait_gone(std::chrono::milliseconds at_most);
  [[nodiscard]] bool gone() const;

  // The session -----------------------------------------------------------------------------------
  struct Work {
    std::optional<Response> head;  ///< once
    bool stream = false;           ///< `head` starts a stream
    std::string text;              ///< of the stream, to be sent
    bool ended = false;            ///< the stream ends after `text`
    [[nodiscard]] bool any() const noexcept { return head || !text.empty() || ended; }
  };
  /// What there is to send. If nothing: wake() will be called when there is.
  Work take();
  /// The session goes: nothing more will be sent.
  void leave();

 private:
  void wake_session();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> wake_;
  const std::size_t stream_bytes_max_;
  const std::stop_token stopping_;
  bool answered_ = false;
  bool waits_ = false;
  bool gone_ = false;
  Work work_;
};

}  // namespace refold::net
