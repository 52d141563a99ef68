#include "core/net/http_server.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "core/net/listen.h"
#include "core/net/loops.h"
#include "core/net/shard.h"

namespace refold::net {
namespace {

using asio::ip::tcp;
using Local = asio::local::stream_protocol;
template <class Protocol>
using Accepted = asio::basic_stream_socket<Protocol, asio::io_context::executor_type>;
constexpr auto accept_tuple = asio::as_tuple(asio::use_awaitable);

std::string name_of(const Accepted<tcp>& socket) {
  error_code failed;
  const auto peer = socket.remote_endpoint(failed);
  return failed ? "gone" : peer.address().to_string() + ":" + std::to_string(peer.port());
}
std::string name_of(const Accepted<Local>& /*socket*/) { return "local"; }

/// What is sent goes at once; and a client that went without a word is noticed in a few minutes,
/// even if there is nothing to send to it.
void set_options(Accepted<tcp>& socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  constexpr std::pair<int, int> times[] = {
      {TCP_KEEPIDLE, 60}, {TCP_KEEPINTVL, 20}, {TCP_KEEPCNT, 3}};
  for (const auto& [option, value] : times)
    (void)::setsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
}
void set_options(Accepted<Local>& /*socket*/) {}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(Runtime& runtime, Handler handler, const ServerLimits& limits)
      : loops_(runtime.loops()), site_(std::make_shared<ServerSite>()) {
    site_->limits = limits;
    site_->handler = std::move(handler);
    site_->stopping = loops_.stopping();
    for (const auto& loop : loops_.all())
      shards_.push_back(std::make_shared<Shard>(loop->context, site_));
  }

  Result<void> start(const ServerEndpoint& endpoint) {
    asio::io_context& context = loops_.next();
    if (const auto* local = std::get_if<LocalEndpoint>(&endpoint)) {
      REFOLD_TRY(auto acceptor, listen(context, *local));
      file_ = local->path;
      if (::lstat(file_.c_str(), &file_stat_) != 0) file_.clear();
      accept_from(context, std::move(acceptor));
    } else {
      REFOLD_TRY(auto acceptor, listen(context, std::get<TcpEndpoint>(endpoint)));
      error_code failed;
      port_ = acceptor.local_endpoint(failed).port();
      accept_from(context, std::move(acceptor));
    }
    for (const auto& shard : shards_) asio::post(shard->context(), [shard] { shard->start(); });
    return ok();
  }

  void stop(std::chrono::milliseconds grace);
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const ServerSite& site() const noexcept { return *site_; }

 private:
  template <class Acceptor>
  void accept_from(asio::io_context& context, Acceptor acceptor) {
    auto shared = std::make_shared<Acceptor>(std::move(acceptor));
    end_accepting_ = [&context, shared] {
      asio::post(context, [shared] {
        error_code ignored;
        shared->close(ignored);
      });
    };
    asio::co_spawn(context, accept<Acceptor>(shared_from_this(), shared), asio::detached);
  }

  template <class Acceptor>
  asio::awaitable<void> accept(std::shared_ptr<Impl> self, std::shared_ptr<Acceptor> acceptor) {
    asio::steady_timer pause(acceptor->get_executor());
    for (std::size_t turn = 0; acceptor->is_open(); ++turn) {
      const std::shared_ptr<Shard>& shard = self->shards_[turn % self->shards_.size()];
      auto [failed, socket] = co_await acceptor->async_accept(shard->context(), accept_tuple);
      if (!failed) {
        set_options(socket);
        std::string peer = name_of(socket);
        asio::post(shard->context(),
                   [shard, peer = std::move(peer), held = std::move(socket)]() mutable {
                     shard->add(ServerSocket(std::move(held)), std::move(peer));
                   });
      } else if (failed != asio::error::connection_aborted) {
        // Out of descriptors or of memory: those who only wait make room.
        for (const auto& each : self->shards_)
          asio::post(each->context(), [each] { each->evict(); });
        pause.expires_after(std::chrono::milliseconds(20));
        (void)co_await pause.async_wait(accept_tuple);
      }
    }
  }

  void remove_file() noexcept {
    struct stat now {};
    // Only our own: another process may have taken the path.
    if (!file_.empty() && ::lstat(file_.c_str(), &now) == 0 && now.st_ino == file_stat_.st_ino &&
        now.st_dev == file_stat_.st_dev)
      ::unlink(file_.c_str());
    file_.clear();
  }

  Runtime::Loops& loops_;
  std::shared_ptr<ServerSite> site_;
  std::vector<std::shared_ptr<Shard>> shards_;
  std::function<void()> end_accepting_;
  std::filesystem::path file_;
  struct stat file_stat_ {};
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t empty_ = 0;
  bool stopping_ = false;
};

void HttpServer::Impl::stop(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  remove_file();
  site_->draining = true;
  if (end_accepting_) end_accepting_();
  for (const auto& shard : shards_)
    asio::post(shard->context(), [shard, self = shared_from_this()] {
      shard->drain([self] {
        const std::lock_guard lock(self->mutex_);
        ++self->empty_;
        self->changed_.notify_all();
      });
    });
  const auto all_empty = [&] { return empty_ == shards_.size(); };
  std::unique_lock lock(mutex_);
  const auto deadline = std::chrono::steady_clock::now() + grace;
  bool aborted = false;
  while (!all_empty() && !loops_.stopping().stop_requested()) {
    if (!aborted && std::chrono::steady_clock::now() >= deadline) {
      aborted = true;
      for (const auto& shard : shards_) asio::post(shard->context(), [shard] { shard->abort(); });
    }
    changed_.wait_for(lock, std::chrono::milliseconds(20), all_empty);
  }
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(Runtime& runtime,
                                                      const ServerEndpoint& endpoint,
                                                      Handler handler, const ServerLimits& limits) {
  auto impl = std::make_shared<Impl>(runtime, std::move(handler), limits);
  REFOLD_CHECK(impl->start(endpoint));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }
void HttpServer::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }
std::uint16_t HttpServer::port() const noexcept { return impl_->port(); }
ServerStatus HttpServer::status() const noexcept {
  const ServerSite& site = impl_->site();
  return {site.connections, site.accepted, site.requests, site.refused};
}

}  // namespace refold::net
