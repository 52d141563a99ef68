#pragma once

#include "core/engine/config/config.h"
#include "core/net/http_server.h"
#include "core/server/server.h"

namespace refold::engine {

/// What the configuration means to core/server and core/net.
[[nodiscard]] server::ServerOptions server_options(const Config& config);
[[nodiscard]] server::ServerLimits server_limits(const HttpConfig& config);
[[nodiscard]] net::ServerLimits http_limits(const HttpConfig& config);
/// Of the control socket: a command waits for its reader for as long as that takes.
[[nodiscard]] net::ServerLimits control_limits();
/// Where the command line looks for the socket, in the data directory: has that lead to where it
/// is. Before anybody listens. Errors: `io`.
[[nodiscard]] Result<void> link_socket(const Config& config);
/// Takes the link away again.
void unlink_socket(const Config& config);
/// Of http.listen, which is not empty and has passed its check.
[[nodiscard]] net::TcpEndpoint http_endpoint(const std::string& listen);

}  // namespace refold::engine
