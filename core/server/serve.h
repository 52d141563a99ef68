#pragma once

#include "core/net/http_server.h"
#include "core/server/server.h"

namespace refold::server {

/// What an HTTP server over TCP or a Unix domain socket is given to have `server` answer, which
/// outlives it.
[[nodiscard]] net::Handler handler_of(Server& server);

}  // namespace refold::server
