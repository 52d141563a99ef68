#pragma once

#include <string>
#include <string_view>

namespace refold::engine {

/// What is wrong with a value, in a sentence that says what would be right; empty if nothing is.

/// "127.0.0.1:2580", "[::1]:2580", "localhost:2580"; or empty.
[[nodiscard]] std::string check_listen(std::string_view text);
/// "https://example.com", or "*".
[[nodiscard]] std::string check_origin(std::string_view text);
[[nodiscard]] std::string check_collection(std::string_view text);
[[nodiscard]] std::string check_did(std::string_view text);
[[nodiscard]] std::string check_nsid(std::string_view text);
/// Of sources and projections: a-z, 0-9 and '-', from a letter on.
[[nodiscard]] std::string check_name(std::string_view text);
/// "wss://host/..."
[[nodiscard]] std::string check_url(std::string_view text);
/// "now", "oldest", or a number.
[[nodiscard]] std::string check_start(std::string_view text);
/// A token that can stand in an HTTP header and not be guessed.
[[nodiscard]] std::string check_token(std::string_view text);

}  // namespace refold::engine
