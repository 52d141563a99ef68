#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace refold::atproto {

/// RFC 4648 base64, standard alphabet (`A-Za-z0-9+/`): the text form of bytes in JSON (`$bytes`).

/// The length of `size` bytes as unpadded text.
[[nodiscard]] constexpr std::size_t base64_length(std::size_t size) noexcept {
  return size / 3 * 4 + (size % 3 == 0 ? 0 : size % 3 + 1);
}

/// Appends the text of `bytes`, without padding.
void append_base64(ByteView bytes, std::string& out);

/// Appends the bytes of `text` to `out`. The padding may be there, complete, or not at all;
/// trailing bits must be zero, so unpadded texts and bytes correspond one to one. False, with `out`
/// as it was, for anything else: other alphabets, white space, a single character too many.
[[nodiscard]] bool read_base64(std::string_view text, Bytes& out);

/// The number of bytes that read_base64 would append to `text`, if it is valid.
[[nodiscard]] std::size_t base64_bytes(std::string_view text) noexcept;

}  // namespace refold::atproto
