#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/server/route.h"

namespace refold::server {

/// What a router is told by the configuration.
struct RouterOptions {
  std::string admin_token;  ///< empty: nobody is let in but over the control socket
  /// Origins of web pages that may read answers ("https://example.com"); "*": all.
  std::vector<std::string> cors_origins;
};

/// Finds the route of a request, and refuses, in a sentence, what fits none: wrong paths, methods,
/// parameters and tokens. Immutable; any thread.
class Router {
 public:
  /// Has a route answer a request that fits it.
  using Run = std::function<void(const Route& route, CallPointer call, ReplyPointer reply)>;

  Router(std::vector<Route> routes, RouterOptions options);

  /// Answers, or calls `run`. A HEAD is answered as a GET; core/net leaves the body out.
  void handle(net::Request request, ReplyPointer reply, const Run& run) const;

  [[nodiscard]] const std::vector<Route>& routes() const noexcept { return routes_; }

 private:
  struct Match {
    const Route* route = nullptr;
    std::vector<net::Parameter> places;
    std::vector<std::string> methods;  ///< that the path has
  };

  [[nodiscard]] Match match(const std::string& method, const std::string& path) const;
  [[nodiscard]] net::Response refuse(const net::Request& request, const Match& match) const;
  [[nodiscard]] std::optional<net::Response> refuse_access(const Route& route,
                                                           const net::Request& request) const;
  /// Headers that let a page of another origin read the answer; none if it may not.
  [[nodiscard]] std::vector<net::Header> cors_headers(const net::Request& request) const;

  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> patterns_;  ///< the paths of routes_, cut up
  RouterOptions options_;
};

/// Whether errors have the form of XRPC there.
[[nodiscard]] bool is_xrpc(std::string_view path) noexcept;

}  // namespace refold::server
