#include "core/net/peer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "core/net/backoff.h"

namespace refold::net {
namespace {

bool is_public_text(const char* text) {
  std::uint8_t bytes[16];
  if (inet_pton(AF_INET, text, bytes) == 1) return is_public({bytes, 4});
  EXPECT_EQ(inet_pton(AF_INET6, text, bytes), 1) << text;
  return is_public({bytes, 16});
}

TEST(Peer, AddressesOfThisMachineAndOfPrivateNetworksAreNotPublic) {
  for (const char* text :
       {"127.0.0.1",        "127.255.0.1",     "10.1.2.3",        "172.16.0.1",    "172.31.255.255",
        "192.168.1.1",      "169.254.169.254", "100.64.0.1",      "0.0.0.0",       "224.0.0.1",
        "255.255.255.255",  "198.18.0.1",      "192.0.2.1",       "::1",           "::",
        "fe80::1",          "fc00::1",         "fd12::1",         "ff02::1",       "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1",
        "::127.0.0.1"})
    EXPECT_FALSE(is_public_text(text)) << text;
}

TEST(Peer, OtherAddressesArePublic) {
  for (const char* text : {"1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1",
                           "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"})
    EXPECT_TRUE(is_public_text(text)) << text;
  EXPECT_FALSE(is_public({}));
}

TEST(Backoff, DoublesToItsLongestAndIsNeverLessThanHalf) {
  using std::chrono::milliseconds;
  Backoff backoff({milliseconds(100), milliseconds(1000)}, 7);
  milliseconds whole(100);
  for (int i = 0; i < 80; ++i) {
    const auto wait = backoff.next();
    EXPECT_LE(wait, whole);
    EXPECT_GE(wait, whole / 2);
    whole = std::min(whole * 2, milliseconds(1000));
  }
  EXPECT_EQ(backoff.failures(), 80U);
  backoff.reset();
  EXPECT_LE(backoff.next(), milliseconds(100));
}

TEST(Backoff, TwoThatFailTogetherDoNotComeBackTogether) {
  using std::chrono::milliseconds;
  Backoff one({milliseconds(1'000'000), milliseconds(1'000'000)}, 1);
  Backoff other({milliseconds(1'000'000), milliseconds(1'000'000)}, 2);
  EXPECT_NE(one.next(), other.next());
}

}  // namespace
}  // namespace refold::net
