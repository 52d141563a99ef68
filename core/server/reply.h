#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/net/http.h"

namespace refold::server {

/// An answer that comes piece by piece. Ends, as complete, when it goes. One thread at a time.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Blocks while too much waits to be sent. False once nobody reads any more.
  virtual bool write(std::string text) = 0;
  /// Waits that long at most; true if nobody reads any more.
  virtual bool wait_gone(std::chrono::milliseconds at_most) = 0;
};

/// Where the answer to one request goes: given once, from any thread.
class Reply {
 public:
  virtual ~Reply() = default;
  virtual void send(net::Response response) = 0;
  /// `head.body` is the first piece.
  [[nodiscard]] virtual std::unique_ptr<Stream> stream(net::Response head) = 0;
  /// Whether nobody waits for the answer any more.
  [[nodiscard]] virtual bool gone() const = 0;
};
using ReplyPointer = std::shared_ptr<Reply>;

}  // namespace refold::server
