#include "core/net/listen.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/base/descriptor.h"

namespace refold::net {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

Error cannot_listen(const std::string& where, const error_code& failed) {
  if (failed == asio::error::address_in_use)
    return {Errc::busy,
            "cannot listen on " + where + ": another program does; stop it or choose another port"};
  return {Errc::io, "cannot listen on " + where + ": " + failed.message()};
}

/// Removes a socket file that nobody listens on.
Result<void> clear_stale(const std::filesystem::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return errno == ENOENT ? ok() : Result<void>(system_error("look at " + path.native(), errno));
  if (!S_ISSOCK(found.st_mode))
    return invalid("cannot listen on " + path.native() + ": the file there is no socket");
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.open()) return system_error("make a socket", errno);
  const Local::endpoint endpoint(path.native());
  const bool refused =
      ::connect(probe.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 &&
      errno == ECONNREFUSED;
  if (!refused)
    return Error{Errc::busy, "cannot listen on " + path.native() +
                                 ": another process does; stop it or choose another path"};
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return system_error("remove " + path.native(), errno);
  return ok();
}

}  // namespace

Result<tcp::acceptor> listen(asio::io_context& context, const TcpEndpoint& endpoint) {
  const std::string where = endpoint.address + " port " + std::to_string(endpoint.port);
  error_code failed;
  const auto address = asio::ip::make_address(endpoint.address, failed);
  if (failed)
    return invalid("'" + endpoint.address +
                   "' is not an address to listen on: give it as numbers,"
                   " 127.0.0.1 or ::1 for this machine only");
  tcp::acceptor acceptor(context);
  const tcp::endpoint bound(address, endpoint.port);
  acceptor.open(bound.protocol(), failed);
  if (!failed) acceptor.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor.bind(bound, failed);
  if (!failed) acceptor.listen(4'096, failed);
  if (failed) return cannot_listen(where, failed);
  return acceptor;
}

Result<Local::acceptor> listen(asio::io_context& context, const LocalEndpoint& endpoint) {
  const std::string& path = endpoint.path.native();
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path))
    return invalid("cannot listen on '" + path + "': the path of a socket has 1 to 107 bytes");
  REFOLD_CHECK(clear_stale(endpoint.path));
  error_code failed;
  Local::acceptor acceptor(context);
  acceptor.open(Local(), failed);
  // The mode of the socket becomes that of its file, without a moment in which it is another.
  if (!failed && ::fchmod(acceptor.native_handle(), S_IRUSR | S_IWUSR) != 0)
    return system_error("set the mode of a socket", errno);
  if (!failed) acceptor.bind(Local::endpoint(path), failed);
  if (!failed) acceptor.listen(4'096, failed);
  if (failed) return cannot_listen(path, failed);
  return acceptor;
}

}  // namespace refold::net
