#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace refold::net {

inline constexpr std::size_t url_bytes_max = 16'384;

/// An absolute URL of http, https, ws or wss, in one normal form: scheme and host in lower case,
/// the port a number, no dots in the path, no fragment. No user and password, no characters beyond
/// ASCII (a host name in another script is given as xn--).
struct Url {
  std::string scheme;
  std::string host;  ///< an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string target;  ///< path and query, as they go over the wire; starts with '/'

  /// Errors: `invalid`, `too_large`; the message quotes at most 200 bytes of `text`, escaped.
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  /// The URL that `reference` (a Location header) means here. Errors: as parse().
  [[nodiscard]] Result<Url> resolve(std::string_view reference) const;

  [[nodiscard]] bool tls() const noexcept { return scheme == "https" || scheme == "wss"; }
  /// "host", or "host:port" if the port is not the scheme's; brackets around IPv6.
  [[nodiscard]] std::string authority() const;
  /// "scheme://authority"
  [[nodiscard]] std::string origin() const { return scheme + "://" + authority(); }
  [[nodiscard]] std::string text() const { return origin() + target; }
  /// With "name=value", percent-encoded, at the end of the query.
  [[nodiscard]] Url with_parameter(std::string_view name, std::string_view value) const;
  bool operator==(const Url&) const = default;
};

}  // namespace refold::net
