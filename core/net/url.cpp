#include "core/net/url.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/characters.h"
#include "core/net/http.h"

namespace refold::net {
namespace {

Error bad_url(std::string_view text, std::string_view why) {
  return invalid("'" + escaped(text.substr(0, 200)) +
                 "' is not a URL that can be used: " + std::string(why));
}

std::optional<std::uint16_t> default_port(std::string_view scheme) noexcept {
  if (scheme == "http" || scheme == "ws") return std::uint16_t{80};
  if (scheme == "https" || scheme == "wss") return std::uint16_t{443};
  return std::nullopt;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower;
}

bool is_host_name(std::string_view host) noexcept {
  if (host.empty() || host.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : host) {
    const bool in_label = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (c == '.' && label == 0) return false;
    if (c != '.' && !in_label) return false;
    label = c == '.' ? 0 : label + 1;
    if (label > 63) return false;
  }
  return true;
}

bool is_ipv6(std::string_view host) noexcept {
  return host.size() >= 2 && host.size() <= 45 && host.find(':') != std::string_view::npos &&
         host.find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
}

/// RFC 3986, 5.2.4, of an absolute path.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool folder = false;  // what is kept so far ends in a '/'
  path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    const bool last = slash == path.size();
    folder = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!folder) kept.push_back(segment);
    if (last) break;
    path.remove_prefix(slash + 1);
  }
  std::string clean;
  for (const std::string_view segment : kept) clean.append("/").append(segment);
  if (folder || clean.empty()) clean += '/';
  return clean;
}

std::string clean_target(std::string_view text) {
  text = text.substr(0, text.find('#'));
  const std::size_t query = std::min(text.find('?'), text.size());
  std::string path(text.substr(0, query));
  if (path.empty() || path.front() != '/') path.insert(path.begin(), '/');
  return without_dots(path).append(text.substr(query));
}

Result<void> read_authority(std::string_view text, std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos)
    return bad_url(text, "no user and password may be in it");
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad_url(text, "a '[' without its ']'");
    url.host = lower_case(authority.substr(1, end - 1));
    port = authority.substr(end + 1);
    if (!is_ipv6(url.host)) return bad_url(text, "its host is not an IPv6 address");
    if (!port.empty() && port.front() != ':') return bad_url(text, "what follows its host");
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = lower_case(authority.substr(0, colon));
    port = authority.substr(colon);
    if (!is_host_name(url.host)) return bad_url(text, "its host is not a name or an address");
  }
  if (port.size() <= 1) return ok();
  port.remove_prefix(1);
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (failed != std::errc{} || end != port.data() + port.size() || url.port == 0)
    return bad_url(text, "its port is not a number from 1 to 65535");
  return ok();
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (text.size() > url_bytes_max)
    return Error{Errc::too_large, "a URL of " + std::to_string(text.size()) + " bytes, at most " +
                                      std::to_string(url_bytes_max) + " are allowed"};
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= 0x20 || c == 0x7f; }))
    return bad_url(text, "a space, a control character or one beyond ASCII");
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos)
    return bad_url(text, "it does not start with https://, http://, wss:// or ws://");
  Url url;
  url.scheme = lower_case(text.substr(0, colon));
  const auto port = default_port(url.scheme);
  if (!port) return bad_url(text, "it does not start with https://, http://, wss:// or ws://");
  url.port = *port;
  const std::string_view rest = text.substr(colon + 3);
  const std::size_t authority = std::min(rest.find_first_of("/?#"), rest.size());
  REFOLD_CHECK(read_authority(text, rest.substr(0, authority), url));
  url.target = clean_target(rest.substr(authority));
  return url;
}

Result<Url> Url::resolve(std::string_view reference) const {
  const std::size_t colon = reference.find(':');
  if (colon != std::string_view::npos && colon < reference.find_first_of("/?#"))
    return parse(reference);
  if (reference.starts_with("//")) return parse(scheme + ":" + std::string(reference));
  if (reference.starts_with("/")) return parse(origin() + std::string(reference));
  const std::string path = target.substr(0, target.find('?'));
  if (reference.empty() || reference.front() == '#') return *this;
  if (reference.front() == '?') return parse(origin() + path + std::string(reference));
  return parse(origin() + path.substr(0, path.rfind('/') + 1) + std::string(reference));
}

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (default_port(scheme) != port) text += ":" + std::to_string(port);
  return text;
}

Url Url::with_parameter(std::string_view name, std::string_view value) const {
  Url url = *this;
  url.target += target.find('?') == std::string::npos ? '?' : '&';
  url.target += percent_encoded(name) + "=" + percent_encoded(value);
  return url;
}

}  // namespace refold::net
