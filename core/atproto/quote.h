#pragma once

#include <string>
#include <string_view>

namespace refold::atproto {

/// Hostile text as it may appear in an error message: in double quotes, at most 64 bytes of it
/// (then
/// "..."), quotes, backslashes, control characters and bytes beyond ASCII as \xNN.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace refold::atproto
