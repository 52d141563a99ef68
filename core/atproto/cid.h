#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/result.h"

namespace refold::atproto {

/// A content identifier as the AT Protocol uses it: CID version 1, SHA-256, of a DAG-CBOR block or
/// of a raw one (a blob). Other CIDs exist; no record, repo or link may hold one
/// (specs/data-model).
struct Cid {
  enum class Codec : std::uint8_t { raw = 0x55, dag_cbor = 0x71 };

  Codec codec = Codec::dag_cbor;
  Sha256Digest digest{};

  friend bool operator==(const Cid&, const Cid&) = default;
  /// Some total order, for ordered containers.
  friend std::strong_ordering operator<=>(const Cid& a, const Cid& b) noexcept {
    return a.codec != b.codec ? a.codec <=> b.codec : a.digest <=> b.digest;
  }
};

/// `b` and 58 characters of base32: "bafyrei..." (dag_cbor) or "bafkrei..." (raw).
constexpr std::size_t cid_text_length = 59;
/// 01, codec, 12, 20, digest.
constexpr std::size_t cid_bytes_length = 36;

/// Reads the text form. Strict: the result's text is `text`, to the last bit.
/// Errors: `invalid`, with the text and what is wrong with it.
[[nodiscard]] Result<Cid> parse_cid(std::string_view text);

/// The same without words: false, and `out` as it was, for anything that parse_cid refuses.
[[nodiscard]] bool read_text(std::string_view text, Cid& out) noexcept;

/// Reads the binary form, exactly 36 bytes. Errors: `invalid`.
[[nodiscard]] Result<Cid> decode_cid(ByteView bytes);

/// The same without words: false, and `out` as it was, for anything that decode_cid refuses.
[[nodiscard]] bool read_bytes(ByteView bytes, Cid& out) noexcept;

/// Writes the 59 characters of the text form.
void write_text(const Cid& cid, char* out59) noexcept;
[[nodiscard]] std::string to_text(const Cid& cid);
[[nodiscard]] std::array<std::uint8_t, cid_bytes_length> to_bytes(const Cid& cid) noexcept;

/// The CID of a DAG-CBOR block. The block's form is not looked at.
[[nodiscard]] Cid cid_of(ByteView dag_cbor) noexcept;

}  // namespace refold::atproto
