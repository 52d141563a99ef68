#include "core/net/shard.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <ctime>
#include <utility>
#include <vector>

namespace refold::net {
namespace {

constexpr std::chrono::milliseconds tick_time{200};

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

}  // namespace

Shard::Shard(asio::io_context& context, std::shared_ptr<ServerSite> site)
    : context_(context), site_(std::move(site)), timer_(context), date_(http_date()) {}

void Shard::start() { tick(); }

void Shard::tick() {
  if (draining_ && busy_.empty() && idle_.empty()) return;
  date_ = http_date();
  const auto now = Session::Clock::now();
  // What ends only ends when its coroutine goes on, so the lists do not change here.
  for (Session* session : busy_) session->sweep(now);
  for (Session* session : idle_) session->sweep(now);
  timer_.expires_after(tick_time);
  timer_.async_wait([self = shared_from_this()](const error_code& failed) {
    if (!failed) self->tick();
  });
}

void Shard::add(ServerSocket socket, std::string peer) {
  ++site_->accepted;
  if (draining_) return;
  if (site_->connections >= site_->limits.connections_max && !evict()) {
    ++site_->refused;
    constexpr std::string_view text =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(asio::socket_base::shutdown_send, ignored);
    return;
  }
  ++site_->connections;
  auto session = std::make_shared<Session>(*this, site_, std::move(socket), std::move(peer));
  session->place = busy_.insert(busy_.end(), session.get());
  asio::co_spawn(context_, session->run(session), asio::detached);
}

bool Shard::evict() {
  if (idle_.empty()) return false;
  Session& oldest = *idle_.front();
  set_idle(oldest, false);
  oldest.abort();
  return true;
}

void Shard::set_idle(Session& session, bool idle) {
  if (session.idle == idle) return;
  session.idle = idle;
  std::list<Session*>& from = idle ? busy_ : idle_;
  std::list<Session*>& to = idle ? idle_ : busy_;
  to.splice(to.end(), from, session.place);
}

void Shard::remove(Session& session) {
  (session.idle ? idle_ : busy_).erase(session.place);
  --site_->connections;
  look_if_empty();
}

void Shard::drain(std::function<void()> empty) {
  draining_ = true;
  empty_ = std::move(empty);
  for (Session* session : busy_) session->drain();
  for (Session* session : idle_) session->drain();
  look_if_empty();
}

void Shard::abort() {
  for (Session* session : busy_) session->abort();
  for (Session* session : idle_) session->abort();
}

void Shard::look_if_empty() {
  if (!empty_ || !busy_.empty() || !idle_.empty()) return;
  timer_.cancel();
  std::exchange(empty_, nullptr)();
}

}  // namespace refold::net
