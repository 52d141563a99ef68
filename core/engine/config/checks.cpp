#include "core/engine/config/checks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"

namespace refold::engine {
namespace {

constexpr std::size_t config_name_bytes_max = 63;
constexpr std::size_t token_bytes_min = 16;
constexpr std::size_t token_bytes_max = 1024;

bool whole_number_of(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end && number <= most;
}

bool is_address(std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (text == "localhost") return true;
  if (text.starts_with('[') && text.ends_with(']')) {
    const std::string inside(text.substr(1, text.size() - 2));
    return inet_pton(AF_INET6, inside.c_str(), address.data()) == 1;
  }
  return inet_pton(AF_INET, std::string(text).c_str(), address.data()) == 1;
}

bool is_host(std::string_view text) {
  const auto fits = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' || letter == ':' ||
           letter == '[' || letter == ']';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

std::string check_listen(std::string_view text) {
  if (text.empty()) return {};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return atproto::quoted(text) +
           " has no port: write an address and a port, such as \"127.0.0.1:2580\"";
  }
  if (!whole_number_of(text.substr(colon + 1), 65'535)) {
    return atproto::quoted(text.substr(colon + 1)) + " is not a port: it must be from 0 to 65535";
  }
  if (is_address(text.substr(0, colon))) return {};
  return atproto::quoted(text.substr(0, colon)) +
         " is not an address of this machine: write \"127.0.0.1\", \"[::1]\", \"0.0.0.0\" or the "
         "like";
}

std::string check_origin(std::string_view text) {
  if (text == "*") return {};
  const std::size_t scheme = text.find("://");
  const bool known = text.starts_with("https://") || text.starts_with("http://");
  if (known && is_host(text.substr(scheme + 3))) return {};
  return atproto::quoted(text) +
         " is not an origin: write scheme, host and port, without a path (\"https://example.com\"),"
         " or \"*\"";
}

std::string check_collection(std::string_view text) {
  if (atproto::valid_collection_pattern(text)) return {};
  return atproto::quoted(text) +
         " is not a collection: write an NSID (\"app.bsky.feed.post\") or all below one "
         "(\"app.bsky.*\")";
}

std::string check_did(std::string_view text) {
  if (atproto::valid_did(text)) return {};
  return atproto::quoted(text) + " is not a DID (\"did:plc:...\")" +
         (atproto::valid_handle(text) ? ": handles change, so write the DID behind it" : "");
}

std::string check_nsid(std::string_view text) {
  if (atproto::valid_nsid(text)) return {};
  return atproto::quoted(text) + " is not an NSID (\"com.example.getFeed\")";
}

std::string check_name(std::string_view text) {
  const auto fits = [](char one) {
    return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') || one == '-';
  };
  const bool letter = !text.empty() && text.front() >= 'a' && text.front() <= 'z';
  if (letter && text.size() <= config_name_bytes_max && std::all_of(text.begin(), text.end(), fits))
    return {};
  return atproto::quoted(text) +
         " is not a name: names are of a-z, 0-9 and '-', begin with a letter, and "
         "have at most " +
         std::to_string(config_name_bytes_max) + " letters";
}

std::string check_url(std::string_view text) {
  if (text.starts_with("https://") || text.starts_with("http://")) {
    return atproto::quoted(text) + " is not a WebSocket: write " +
           (text.starts_with("https") ? "wss" : "ws") + ":// in its place";
  }
  const std::size_t scheme = text.starts_with("wss://") ? 6 : text.starts_with("ws://") ? 5 : 0;
  const std::string_view rest = text.substr(scheme);
  const std::string_view host = rest.substr(0, rest.find_first_of("/?"));
  if (host.find('@') != std::string_view::npos) {
    return "a URL must not hold a name and a password";
  }
  if (scheme != 0 && is_host(host)) return {};
  return atproto::quoted(text) + " is not a URL of a WebSocket (\"wss://host/path\")";
}

std::string check_start(std::string_view text) {
  if (text == "now" || text == "oldest" || whole_number_of(text, UINT64_MAX)) return {};
  return atproto::quoted(text) +
         " is no place to start: write \"now\", \"oldest\", or a cursor of that "
         "source as a number in quotes";
}

std::string check_token(std::string_view text) {
  if (text.size() < token_bytes_min || text.size() > token_bytes_max) {
    return "the token has " + std::to_string(text.size()) + " bytes; it must have at least " +
           std::to_string(token_bytes_min) + ", or it can be guessed, and at most " +
           std::to_string(token_bytes_max);
  }
  const bool printable = std::all_of(text.begin(), text.end(),
                                     [](char letter) { return letter > ' ' && letter < 0x7f; });
  if (printable) return {};
  return "the token has a character that cannot stand in a header: use letters, digits and signs "
         "of ASCII";
}

}  // namespace refold::engine
