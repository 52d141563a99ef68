#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "core/net/session.h"

namespace refold::net {

/// The sessions of a server on one event loop, and the clock that ends those that take too long.
/// All of it on the loop's thread.
class Shard : public std::enable_shared_from_this<Shard> {
 public:
  Shard(asio::io_context& context, std::shared_ptr<ServerSite> site);

  [[nodiscard]] asio::io_context& context() noexcept { return context_; }

  /// Looks at the sessions' times from now on, until close().
  void start();
  /// Serves a new connection. Over the limit, the longest idle one makes room, or this is refused.
  void add(ServerSocket socket, std::string peer);
  /// Ends the connection that has been idle for longest, if there is one.
  bool evict();
  /// No new session; those that there are end after their answers. `empty` is called once none is
  /// left.
  void drain(std::function<void()> empty);
  /// Ends all sessions.
  void abort();

  // Sessions --------------------------------------------------------------------------------------
  void set_idle(Session& session, bool idle);
  void remove(Session& session);
  /// The Date header of this second.
  [[nodiscard]] const std::string& date() const noexcept { return date_; }

 private:
  void tick();
  void look_if_empty();

  asio::io_context& context_;
  const std::shared_ptr<ServerSite> site_;
  asio::steady_timer timer_;
  std::list<Session*> busy_;
  std::list<Session*> idle_;  ///< the longest idle one first
  std::function<void()> empty_;
  bool draining_ = false;
  std::string date_;
};

}  // namespace refold::net
