#pragma once

#include <string>

#include "core/base/result.h"
#include "core/net/http.h"

namespace refold::server {

/// How errors look over HTTP. Pure functions, any thread.
///
/// Everywhere the body is {"error": "not_found", "message": "there is no ..."}; below /xrpc/ the
/// error has its name as XRPC has it ("NotFound").

/// The status for an error that nobody knows more about.
[[nodiscard]] unsigned status_of(Errc code) noexcept;
/// "InvalidRequest", "UpstreamTimeout", ...
[[nodiscard]] std::string_view xrpc_name(Errc code) noexcept;

[[nodiscard]] net::Response error_response(const Error& error, bool xrpc = false);
/// With a status and a name of its own.
[[nodiscard]] net::Response refusal(unsigned status, std::string_view name,
                                    std::string_view message);

}  // namespace refold::server
