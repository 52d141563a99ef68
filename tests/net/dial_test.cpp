#include "core/net/dial.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "tests/support/temp_folder.h"

namespace refold::net {
namespace {

/// What comes of connecting to the first of these that can be connected to.
error_code connected_to(const std::vector<Endpoint>& endpoints) {
  asio::io_context context;
  Stream stream(context);
  stream.expires_after(std::chrono::seconds(30));
  error_code became = asio::error::would_block;
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> { became = co_await connect_to_any(stream, endpoints); },
      asio::detached);
  context.run();
  return became;
}

TEST(Dial, AnAddressOfAnotherFamilyIsTriedAfterOneThatFails) {
  const testing::TempFolder folder;
  asio::io_context context;
  const asio::ip::tcp::acceptor listens(context, {asio::ip::address_v4::loopback(), 0});
  const Endpoint good = listens.local_endpoint();
  const Endpoint nobody = asio::local::stream_protocol::endpoint((folder / "none").native());
  EXPECT_FALSE(connected_to({good}));
  EXPECT_FALSE(connected_to({nobody, good}));
  EXPECT_TRUE(connected_to({nobody}));
}

}  // namespace
}  // namespace refold::net
