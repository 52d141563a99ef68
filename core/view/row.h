#pragma once

#include <cstdint>
#include <functional>

#include "core/base/bytes.h"

namespace refold::view {

/// The outcome of one call on rows: small, because there are millions a second. After `failed`,
/// error() tells more.
enum class Row : std::uint8_t { found, none, failed };

/// Keys a scan visits: from `from` on (empty: the first), below `until` (empty: to the last), in
/// the order of their bytes.
struct Range {
  ByteView from;
  ByteView until;
  bool backwards = false;
};

/// Told each row; returns false to end the scan. Views are valid during the call.
using Visitor = std::function<bool(ByteView key, ByteView row)>;

inline constexpr std::size_t key_bytes_max = 8192;  ///< and at least 1
inline constexpr std::size_t row_bytes_max = std::size_t{2} << 20;

}  // namespace refold::view
