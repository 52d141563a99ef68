#include "core/engine/endpoints.h"

#include <algorithm>
#include <charconv>

namespace refold::engine {

namespace fs = std::filesystem;

Result<void> link_socket(const Config& config) {
  const fs::path usual = config.data / usual_socket;
  unlink_socket(config);
  if (config.socket() == usual) return ok();
  std::error_code failed;
  // Left behind by an engine that was killed, and listened there.
  if (fs::is_socket(usual, failed)) fs::remove(usual, failed);
  fs::create_symlink(fs::absolute(config.socket(), failed), usual, failed);
  if (failed) return system_error("link " + usual.string(), failed.value());
  return ok();
}

void unlink_socket(const Config& config) {
  const fs::path usual = config.data / usual_socket;
  std::error_code failed;
  if (fs::is_symlink(usual, failed)) fs::remove(usual, failed);
}

server::ServerOptions server_options(const Config& config) {
  server::ServerOptions options;
  options.router.admin_token = config.http.admin_token;
  options.router.cors_origins = config.http.cors_origins;
  options.query_time = std::min(config.limits.query_time_max, config.http.request_time_max);
  options.wait_time_max = std::min(options.wait_time_max, config.http.request_time_max);
  options.wait_time = std::min(options.wait_time, options.wait_time_max);
  for (const auto& [nsid, target] : config.http.xrpc) {
    options.xrpc.push_back({nsid, target.projection, target.query});
  }
  return options;
}

server::ServerLimits server_limits(const HttpConfig& config) {
  server::ServerLimits limits;
  const auto part = [&](std::size_t standard, std::size_t share) {
    return std::clamp<std::size_t>(config.connections_max / share, 1, standard);
  };
  limits.asking_max = part(limits.asking_max, 8);
  limits.lanes.waiting_max = part(limits.lanes.waiting_max, 8);
  // They may all have their turn at once.
  limits.waiters_max = limits.asking_max;
  return limits;
}

net::ServerLimits http_limits(const HttpConfig& config) {
  net::ServerLimits limits;
  limits.connections_max = config.connections_max;
  // Each connection has one at most; what may wait for what is bounded by server_limits().
  limits.requests_max = config.connections_max;
  limits.body_bytes_max = config.request_bytes_max;
  limits.header_bytes_max =
      std::min<std::size_t>(limits.header_bytes_max, config.request_bytes_max);
  limits.header_time = std::min(limits.header_time, config.request_time_max);
  limits.body_time = config.request_time_max;
  limits.write_time = config.request_time_max;
  limits.idle_time = config.idle_time_max;
  return limits;
}

net::ServerLimits control_limits() {
  net::ServerLimits limits;
  limits.write_time = std::chrono::milliseconds(0);
  return limits;
}

net::TcpEndpoint http_endpoint(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  net::TcpEndpoint endpoint;
  endpoint.address = listen.substr(0, colon);
  if (endpoint.address == "localhost") endpoint.address = "127.0.0.1";
  if (endpoint.address.starts_with('[')) {
    endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
  }
  const char* const port = listen.data() + colon + 1;
  (void)std::from_chars(port, listen.data() + listen.size(), endpoint.port);
  return endpoint;
}

}  // namespace refold::engine
