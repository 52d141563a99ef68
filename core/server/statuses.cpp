#include "core/server/statuses.h"

#include "core/base/json_writer.h"

namespace refold::server {

namespace {

struct Status {
  Errc code;
  unsigned status;
  std::string_view xrpc;
};

constexpr Status statuses[] = {
    {Errc::invalid, 400, "InvalidRequest"},
    {Errc::too_large, 413, "InvalidRequest"},
    {Errc::not_found, 404, "NotFound"},
    {Errc::corrupt, 500, "InternalServerError"},
    {Errc::busy, 503, "UpstreamFailure"},
    {Errc::newer_format, 500, "InternalServerError"},
    {Errc::io, 500, "InternalServerError"},
    {Errc::no_space, 507, "InternalServerError"},
    {Errc::closed, 503, "UpstreamFailure"},
    {Errc::timeout, 504, "UpstreamTimeout"},
    {Errc::unsupported, 503, "UpstreamFailure"},
};

const Status& entry_of(Errc code) noexcept {
  for (const Status& one : statuses) {
    if (one.code == code) return one;
  }
  return statuses[3];
}

}  // namespace

unsigned status_of(Errc code) noexcept { return entry_of(code).status; }

std::string_view xrpc_name(Errc code) noexcept { return entry_of(code).xrpc; }

net::Response refusal(unsigned status, std::string_view name, std::string_view message) {
  net::Response response;
  response.status = status;
  JsonWriter json(response.body);
  json.open('{').field("error", name).field("message", message).close('}');
  if (status == 503) response.headers.push_back({"Retry-After", "1"});
  return response;
}

net::Response error_response(const Error& error, bool xrpc) {
  return refusal(status_of(error.code), xrpc ? xrpc_name(error.code) : name(error.code),
                 error.message);
}

}  // namespace refold::server
