#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace refold::net {

struct Header {
  std::string name;
  std::string value;
};
struct Parameter {
  std::string name;
  std::string value;
};

/// The first header of that name (in any case), or none.
[[nodiscard]] std::optional<std::string_view> find_header(const std::vector<Header>& headers,
                                                          std::string_view name) noexcept;

/// What a client asked of our server. Bounded by the server's limits; its content is untrusted.
struct Request {
  std::string method;                 ///< "GET", ...: as it came, which may be any token
  std::string path;                   ///< percent-decoded, starts with '/'; no control characters
  std::vector<Parameter> parameters;  ///< of the query, percent-decoded, in their order
  std::vector<Header> headers;
  std::string body;
  std::string peer;    ///< "127.0.0.1:1234", or "local" over a Unix domain socket
  bool local = false;  ///< came over a Unix domain socket

  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    return find_header(headers, name);
  }
  /// The first parameter of that name, or none.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const noexcept;
  /// The token of `Authorization: Bearer TOKEN`, or none.
  [[nodiscard]] std::optional<std::string_view> bearer_token() const noexcept;
};

/// What is answered. Content-Length, Connection, Date and Transfer-Encoding are the server's.
struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";  ///< empty: none
  std::vector<Header> headers;  ///< one with a control character in it is left out
  std::string body;
};

/// "Not Found" for 404; "Status" for what has no name here.
[[nodiscard]] std::string_view reason_of(unsigned status) noexcept;

/// The path and the parameters of a request's target ("/a/b?c=d"; '+' in a query is a space).
/// Errors: `invalid` names what is wrong: no leading '/', a broken escape, a control character, a
/// '/' that was escaped, more than 256 parameters.
struct Target {
  std::string path;
  std::vector<Parameter> parameters;
};
[[nodiscard]] Result<Target> parse_target(std::string_view target);

/// `text` with everything but letters, digits and "-._~" percent-encoded.
[[nodiscard]] std::string percent_encoded(std::string_view text);
/// Errors: `invalid` for a '%' that is not followed by two hexadecimal digits.
[[nodiscard]] Result<std::string> percent_decoded(std::string_view text, bool plus_is_space);

}  // namespace refold::net
