#include "core/atproto/base32.h"

#include <algorithm>
#include <cstring>

#include "core/atproto/base32_lanes.h"

namespace refold::atproto {
namespace {

using lanes::Alphabet;

constexpr std::size_t group_bytes = 5;
constexpr std::size_t group_characters = 8;
constexpr std::uint64_t group_bits = 0xffffffffffU;  // 40

void store_group(std::uint8_t* to, std::uint64_t bits) noexcept {
  store_le(to, __builtin_bswap32(static_cast<std::uint32_t>(bits >> 8)));
  to[4] = static_cast<std::uint8_t>(bits);
}

}  // namespace

void write_plc(const std::uint8_t* in15, char* out24) noexcept {
  // The middle group is written twice, by the same instructions.
  const std::uint64_t middle = load_be64(in15 + group_bytes) >> 24;
  const lanes::Pair first = {load_be64(in15) >> 24, middle};
  const lanes::Pair last = {middle, load_be64(in15 + plc_bytes_length - 8) & group_bits};
  lanes::store(out24, lanes::encode<Alphabet::base32>(first));
  lanes::store(out24 + group_characters, lanes::encode<Alphabet::base32>(last));
}

bool read_plc(const char* in24, std::uint8_t* out15) noexcept {
  lanes::Word bad = 0;
  for (std::size_t group = 0; group < plc_bytes_length / group_bytes; ++group) {
    const char* const characters = in24 + group * group_characters;
    store_group(out15 + group * group_bytes, lanes::decode<Alphabet::base32>(characters, bad));
  }
  return !lanes::any_bad(bad);
}

std::string to_base32(ByteView bytes) {
  std::string text((bytes.size() * 8 + 4) / 5, '\0');
  for (std::size_t at = 0, to = 0; at < bytes.size(); at += group_bytes, to += group_characters) {
    std::uint8_t padded[sizeof(std::uint64_t)] = {};
    std::memcpy(padded, bytes.data() + at, std::min(group_bytes, bytes.size() - at));
    const lanes::Pair bits = {load_be64(padded) >> 24, 0};
    const lanes::Pair group = lanes::encode<Alphabet::base32>(bits);
    std::memcpy(text.data() + to, &group, std::min(group_characters, text.size() - to));
  }
  return text;
}

bool read_base32(std::string_view text, Bytes& out) {
  const std::size_t size = text.size() * 5 / 8;
  if ((size * 8 + 4) / 5 != text.size()) return false;  // 1, 3 or 6 characters too many
  const std::size_t start = out.size();
  lanes::Word bad = 0;
  std::uint8_t excess = 0;
  for (std::size_t at = 0; at < text.size(); at += group_characters) {
    char group[group_characters];
    std::memset(group, 'a', sizeof group);  // a is zero
    std::memcpy(group, text.data() + at, std::min(group_characters, text.size() - at));
    std::uint8_t bytes[group_bytes];
    store_group(bytes, lanes::decode<Alphabet::base32>(group, bad));
    const std::size_t count = std::min(group_bytes, start + size - out.size());
    for (std::size_t i = count; i < group_bytes; ++i) excess |= bytes[i];
    out.insert(out.end(), bytes, bytes + count);
  }
  const bool valid = !lanes::any_bad(bad) && excess == 0;
  if (!valid) out.resize(start);
  return valid;
}

}  // namespace refold::atproto
