#include "core/net/stream.h"

#include <boost/asio/bind_executor.hpp>

namespace refold::net {

// The loop's executor is that of every handler: Beast 1.81 cannot post with a type-erased one.
void Stream::read_some(const Pieces<asio::mutable_buffer>& to, Handler handler) {
  auto bound = asio::bind_executor(get_executor(), std::move(handler));
  if (tls_) {
    tls_->async_read_some(to, std::move(bound));
  } else {
    plain_->async_read_some(to, std::move(bound));
  }
}

void Stream::write_some(const Pieces<asio::const_buffer>& from, Handler handler) {
  auto bound = asio::bind_executor(get_executor(), std::move(handler));
  if (tls_) {
    tls_->async_write_some(from, std::move(bound));
  } else {
    plain_->async_write_some(from, std::move(bound));
  }
}

}  // namespace refold::net
