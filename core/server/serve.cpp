#include "core/server/serve.h"

#include <utility>

namespace refold::server {

namespace {

class NetStream final : public Stream {
 public:
  explicit NetStream(net::ResponseStream stream) : stream_(std::move(stream)) {}
  bool write(std::string text) override { return stream_.write(std::move(text)); }
  bool wait_gone(std::chrono::milliseconds at_most) override {
    return at_most.count() == 0 ? stream_.gone() : stream_.wait_gone(at_most);
  }

 private:
  net::ResponseStream stream_;
};

class NetReply final : public Reply {
 public:
  explicit NetReply(net::Responder responder) : responder_(std::move(responder)) {}
  void send(net::Response response) override { responder_.send(std::move(response)); }
  std::unique_ptr<Stream> stream(net::Response head) override {
    return std::make_unique<NetStream>(responder_.stream(std::move(head)));
  }
  [[nodiscard]] bool gone() const override { return responder_.gone(); }

 private:
  net::Responder responder_;
};

}  // namespace

net::Handler handler_of(Server& server) {
  return [&server](net::Request request, net::Responder responder) {
    server.handle(std::move(request), std::make_shared<NetReply>(std::move(responder)));
  };
}

}  // namespace refold::server
