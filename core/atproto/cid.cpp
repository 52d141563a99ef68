#include "core/atproto/cid.h"

#include <algorithm>
#include <cstring>

#include "core/atproto/base32_lanes.h"
#include "core/atproto/quote.h"

namespace refold::atproto {
namespace {

using lanes::Alphabet;

constexpr std::uint8_t version_1 = 0x01;
constexpr std::uint8_t hash_sha256 = 0x12;
constexpr std::size_t header_length = 4;
static_assert(header_length + sizeof(Sha256Digest) == cid_bytes_length);

/// The text behind the 'b' is read and written in pairs of words: 16 characters, 80 bits. The last
/// pair starts 6 characters inside the one before: 58 characters are not a multiple of 16.
constexpr std::size_t pair_at[4] = {1, 17, 33, 43};
static_assert(pair_at[3] + sizeof(lanes::Pair) == cid_text_length);
constexpr std::uint64_t word_bits = 0xffffffffffU;  // the 40 bits of eight characters

bool known_codec(std::uint8_t codec) noexcept {
  return codec == static_cast<std::uint8_t>(Cid::Codec::dag_cbor) ||
         codec == static_cast<std::uint8_t>(Cid::Codec::raw);
}

/// What is wrong with bytes that do not make a Cid.
std::string_view wrong_with(ByteView bytes) noexcept {
  if (bytes.empty() || bytes[0] != version_1) return "it is not of version 1";
  if (bytes.size() < 2 || !known_codec(bytes[1])) return "its codec is neither dag-cbor nor raw";
  if (bytes.size() < 3 || bytes[2] != hash_sha256) return "its hash is not SHA-256";
  return "it is not 36 bytes long";
}

/// Turns the text into header and digest, whatever they mean; false if it is not canonical base32.
/// The digest is put together in registers: writing pieces and reading words would stall.
bool decode_text(const char* text59, std::uint32_t& header, Sha256Digest& digest) noexcept {
  lanes::Pair bad = {};
  const lanes::Pair a = lanes::decode<Alphabet::base32>(text59 + pair_at[0], bad);
  const lanes::Pair b = lanes::decode<Alphabet::base32>(text59 + pair_at[1], bad);
  const lanes::Pair c = lanes::decode<Alphabet::base32>(text59 + pair_at[2], bad);
  const lanes::Pair d = lanes::decode<Alphabet::base32>(text59 + pair_at[3], bad);
  header = static_cast<std::uint32_t>(a[0] >> 8);
  store_be64(digest.data(), a[0] << 56 | a[1] << 16 | b[0] >> 24);
  store_be64(digest.data() + 8, b[0] << 40 | b[1]);
  store_be64(digest.data() + 16, c[0] << 24 | c[1] >> 16);
  store_be64(digest.data() + 24, d[0] << 38 | d[1] >> 2);
  return !lanes::any_bad(bad) && (d[1] & 3) == 0;  // the last two bits belong to no byte
}

std::uint32_t header_of(Cid::Codec codec) noexcept {
  return std::uint32_t{version_1} << 24 | static_cast<std::uint32_t>(codec) << 16 |
         std::uint32_t{hash_sha256} << 8 | std::uint32_t{sizeof(Sha256Digest)};
}

}  // namespace

bool read_bytes(ByteView bytes, Cid& out) noexcept {
  if (bytes.size() != cid_bytes_length || bytes[0] != version_1 || !known_codec(bytes[1]) ||
      bytes[2] != hash_sha256 || bytes[3] != sizeof(Sha256Digest)) {
    return false;
  }
  out.codec = static_cast<Cid::Codec>(bytes[1]);
  std::memcpy(out.digest.data(), bytes.data() + header_length, sizeof(Sha256Digest));
  return true;
}

bool read_text(std::string_view text, Cid& out) noexcept {
  if (text.size() != cid_text_length || text[0] != 'b') return false;
  std::uint32_t header;
  Sha256Digest digest;
  if (!decode_text(text.data(), header, digest)) return false;
  const auto codec = static_cast<std::uint8_t>(header >> 16);
  if (!known_codec(codec) || header != header_of(static_cast<Cid::Codec>(codec))) return false;
  out.codec = static_cast<Cid::Codec>(codec);
  out.digest = digest;
  return true;
}

Result<Cid> parse_cid(std::string_view text) {
  Cid cid;
  if (read_text(text, cid)) return cid;
  std::string what = quoted(text) + " is not a CID of the AT Protocol: ";
  std::uint32_t header;
  Sha256Digest digest;
  if (text.size() != cid_text_length) {
    what += "it has " + std::to_string(text.size()) + " characters, not 59";
  } else if (text[0] != 'b') {
    what += "it does not start with 'b' (base32)";
  } else if (!decode_text(text.data(), header, digest)) {
    what += "it is not lower-case base32 in canonical form";
  } else {
    std::uint8_t bytes[sizeof header];
    store_le(bytes, __builtin_bswap32(header));
    what += wrong_with(ByteView{bytes});
  }
  return Error{Errc::invalid, std::move(what)};
}

Result<Cid> decode_cid(ByteView bytes) {
  Cid cid;
  if (read_bytes(bytes, cid)) return cid;
  return Error{Errc::invalid,
               "CID " + hex(bytes.first(std::min<std::size_t>(bytes.size(), 40))) +
                   " is not one of the AT Protocol: " + std::string(wrong_with(bytes))};
}

void write_text(const Cid& cid, char* out59) noexcept {
  const std::uint8_t* const digest = cid.digest.data();
  const std::uint64_t word[4] = {load_be64(digest), load_be64(digest + 8), load_be64(digest + 16),
                                 load_be64(digest + 24)};
  const lanes::Pair a = {std::uint64_t{header_of(cid.codec)} << 8 | word[0] >> 56,
                         word[0] >> 16 & word_bits};
  const lanes::Pair b = {(word[0] << 24 | word[1] >> 40) & word_bits, word[1] & word_bits};
  const lanes::Pair c = {word[2] >> 24, (word[2] << 16 | word[3] >> 48) & word_bits};
  const lanes::Pair d = {(word[2] << 26 | word[3] >> 38) & word_bits, word[3] << 2 & word_bits};
  out59[0] = 'b';
  lanes::store(out59 + pair_at[0], lanes::encode<Alphabet::base32>(a));
  lanes::store(out59 + pair_at[1], lanes::encode<Alphabet::base32>(b));
  lanes::store(out59 + pair_at[2], lanes::encode<Alphabet::base32>(c));
  lanes::store(out59 + pair_at[3], lanes::encode<Alphabet::base32>(d));
}

std::string to_text(const Cid& cid) {
  std::string text(cid_text_length, '\0');
  write_text(cid, text.data());
  return text;
}

std::array<std::uint8_t, cid_bytes_length> to_bytes(const Cid& cid) noexcept {
  std::array<std::uint8_t, cid_bytes_length> bytes;
  store_le(bytes.data(), __builtin_bswap32(header_of(cid.codec)));
  std::memcpy(bytes.data() + header_length, cid.digest.data(), sizeof cid.digest);
  return bytes;
}

Cid cid_of(ByteView dag_cbor) noexcept { return {Cid::Codec::dag_cbor, sha256(dag_cbor)}; }

}  // namespace refold::atproto
