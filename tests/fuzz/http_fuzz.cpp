// What a client of our HTTP server may send, over a whole session, and what is written as a URL.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "core/net/http.h"
#include "core/net/shard.h"
#include "core/net/url.h"

namespace {

using namespace refold;

void require(bool so) {
  if (!so) std::abort();
}

void read_url(std::string_view text) {
  const std::size_t middle = text.find('\n');
  const auto url = net::Url::parse(text.substr(0, middle));
  if (!url) return;
  // The normal form is one.
  const auto again = net::Url::parse(url->text());
  require(again.has_value() && *again == *url);
  if (middle == std::string_view::npos) return;
  if (const auto next = url->resolve(text.substr(middle + 1)))
    require(net::Url::parse(next->text()).has_value());
}

struct Harness {
  boost::asio::io_context context{1};
  std::shared_ptr<net::ServerSite> site = std::make_shared<net::ServerSite>();

  Harness() {
    site->limits.header_bytes_max = 2'000;
    site->limits.target_bytes_max = 500;
    site->limits.body_bytes_max = 4'000;
    site->handler = [](const net::Request& request, const net::Responder& responder) {
      require(request.path.starts_with("/"));
      net::Response response;
      response.headers.push_back({"X-Path", request.path});
      response.headers.push_back({"X-Body", request.body.substr(0, 100)});
      if (request.bearer_token()) response.status = 204;
      if (request.path.size() % 2 == 0) {
        responder.send(response);
      } else {
        net::ResponseStream stream = responder.stream(response);
        stream.write(request.body);
      }
    };
  }

  void serve(std::string_view input) {
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    context.restart();
    const auto shard = std::make_shared<net::Shard>(context, site);
    shard->add(
        net::ServerSocket(context, boost::asio::generic::stream_protocol(AF_UNIX, 0), ends[0]),
        "local");
    char said[16'384];
    bool ended = false;
    while (!context.stopped()) {
      if (!input.empty()) {
        const auto size = ::send(ends[1], input.data(), input.size(), MSG_NOSIGNAL);
        input.remove_prefix(size > 0 ? static_cast<std::size_t>(size) : 0);
        if (size < 0 && errno != EAGAIN) input = {};
      }
      if (input.empty() && !ended) {
        ended = true;
        ::shutdown(ends[1], SHUT_WR);
      }
      context.poll();
      while (::recv(ends[1], said, sizeof said, 0) > 0) continue;
    }
    require(site->connections == 0 && site->requests_now == 0);
    ::close(ends[1]);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Harness harness;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 4 == 0) {
    read_url(text);
  } else {
    harness.serve(text);
  }
  return 0;
}
