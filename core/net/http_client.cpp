#include "core/net/http_client.h"

#include <utility>

#include "core/net/http_call.h"

namespace refold::net {

HttpClient::HttpClient(Runtime& runtime, HttpClientOptions options)
    : impl_(std::make_shared<Impl>(runtime, std::move(options))) {}
HttpClient::~HttpClient() { impl_->close(); }

Result<Answer> HttpClient::send(const Ask& ask, const std::stop_token& stop) {
  std::string body;
  const Sink keep = [&](ByteView piece) {
    body += text_of(piece);
    return ok();
  };
  auto answer = impl_->perform(ask, keep, true, stop);
  if (answer) answer->body = std::move(body);
  return answer;
}

Result<Answer> HttpClient::download(const Ask& ask, const Sink& sink, const std::stop_token& stop) {
  return impl_->perform(ask, sink, false, stop);
}

}  // namespace refold::net
