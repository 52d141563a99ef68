#include "core/net/peer.h"

#include <algorithm>
#include <array>

namespace refold::net {
namespace {

struct Range {
  std::array<std::uint8_t, 16> start;
  unsigned bits;
};

// What IANA's special-purpose registries do not call global.
constexpr Range not_public_v4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};
// Of IPv6 only 2000::/3 is given out, and of that not these.
constexpr Range not_public_v6[] = {
    {{0x20, 0x01, 0x00}, 23},
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x3f, 0xff}, 20},
};

bool within_range(ByteView address, const Range& range) noexcept {
  for (unsigned bit = 0; bit < range.bits; bit += 8) {
    const unsigned left = std::min(range.bits - bit, 8U);
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - left));
    if (((address[bit / 8] ^ range.start[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

template <std::size_t Count>
bool within_any(ByteView address, const Range (&ranges)[Count]) noexcept {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const Range& range) { return within_range(address, range); });
}

}  // namespace

bool is_public(ByteView address) noexcept {
  if (address.size() == 4) return !within_any(address, not_public_v4);
  if (address.size() != 16) return false;
  // An IPv4 address in IPv6's clothes: mapped, 6to4, or by the well-known prefix of NAT64.
  constexpr Range mapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
  constexpr Range nat64{{0x00, 0x64, 0xff, 0x9b}, 96};
  constexpr Range six_to_four{{0x20, 0x02}, 16};
  if (within_range(address, mapped) || within_range(address, nat64))
    return is_public(address.subspan(12));
  if (within_range(address, six_to_four)) return is_public(address.subspan(2, 4));
  constexpr Range global{{0x20}, 3};
  return within_range(address, global) && !within_any(address, not_public_v6);
}

}  // namespace refold::net
