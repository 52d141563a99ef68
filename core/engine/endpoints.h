#pragma once

#include "core/engine/config/config.h"
#include "core/net/http_server.h"
#include "core/server/server.h"

namespace refold::engine {

/// What the configuration means to core/server and core/net.
[[nodiscard]] server::ServerOptions server_options(const Config& config);
[[nodiscard]] net::ServerLimits http_limits(const HttpConfig& config);
/// Of http.listen, which is not empty and has passed its check.
[[nodiscard]] net::TcpEndpoint http_endpoint(const std::string& listen);

}  // namespace refold::engine
