#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/net/http.h"

namespace refold::net {

/// How a response's body goes over the connection.
struct Framing {
  std::optional<std::size_t> length;  ///< of the body in bytes; none: not known
  bool keep = false;                  ///< the connection takes another request
  bool chunked = false;
};

/// A response's head, with the empty line (RFC 9112, sections 4 to 6). `date`: as in RFC 9110,
/// section 5.6.7.
[[nodiscard]] std::string head_text(const Response& response, const Framing& framing,
                                    std::string_view date);

/// What a client is told that was refused; control characters in `why` are escaped. After 503 it
/// may try again soon.
[[nodiscard]] Response complaint(unsigned status, std::string_view why);

}  // namespace refold::net
