#include "core/net/http.h"

#include <algorithm>
#include <utility>

#include "core/base/characters.h"

namespace refold::net {
namespace {

constexpr std::size_t parameters_max = 256;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_names(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

int hexadecimal(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

bool controls(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

Error bad(std::string_view what, std::string_view text) {
  return invalid(std::string(what) + ": '" + escaped(text.substr(0, 200)) + "'");
}

}  // namespace

std::optional<std::string_view> find_header(const std::vector<Header>& headers,
                                            std::string_view name) noexcept {
  for (const Header& header : headers)
    if (equal_names(header.name, name)) return header.value;
  return std::nullopt;
}

std::optional<std::string_view> Request::parameter(std::string_view name) const noexcept {
  for (const Parameter& parameter : parameters)
    if (parameter.name == name) return parameter.value;
  return std::nullopt;
}

std::optional<std::string_view> Request::bearer_token() const noexcept {
  const auto value = header("authorization");
  constexpr std::string_view scheme = "bearer ";
  if (!value || value->size() <= scheme.size() ||
      !equal_names(value->substr(0, scheme.size()), scheme))
    return std::nullopt;
  return value->substr(scheme.size());
}

std::string_view reason_of(unsigned status) noexcept {
  constexpr std::pair<unsigned, std::string_view> reasons[] = {
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {422, "Unprocessable Content"},
      {426, "Upgrade Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
      {507, "Insufficient Storage"},
  };
  for (const auto& [code, reason] : reasons)
    if (code == status) return reason;
  return "Status";
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const bool letter = lower(c) >= 'a' && lower(c) <= 'z';
    if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += digits[byte >> 4];
      encoded += digits[byte & 15];
    }
  }
  return encoded;
}

Result<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = text.size() - i > 2 ? hexadecimal(text[i + 1]) : -1;
      const int low = high >= 0 ? hexadecimal(text[i + 2]) : -1;
      if (low < 0) return bad("a '%' without two hexadecimal digits", text);
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

Result<Target> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/')
    return bad("the target of a request does not start with '/'", target);
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view raw_path = target.substr(0, mark);
  Target parsed;
  REFOLD_TRY(parsed.path, percent_decoded(raw_path, false));
  // An escaped '/' would be told from a real one by nobody who sees the path.
  if (std::count(parsed.path.begin(), parsed.path.end(), '/') !=
      std::count(raw_path.begin(), raw_path.end(), '/'))
    return bad("an escaped '/' in the path", raw_path);
  if (controls(parsed.path)) return bad("a control character in the path", raw_path);
  std::string_view query = mark < target.size() ? target.substr(mark + 1) : std::string_view{};
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    if (one.empty()) continue;
    if (parsed.parameters.size() == parameters_max)
      return invalid("more than " + std::to_string(parameters_max) + " parameters");
    const std::size_t equals = std::min(one.find('='), one.size());
    Parameter parameter;
    REFOLD_TRY(parameter.name, percent_decoded(one.substr(0, equals), true));
    if (equals < one.size()) {
      REFOLD_TRY(parameter.value, percent_decoded(one.substr(equals + 1), true));
    }
    parsed.parameters.push_back(std::move(parameter));
  }
  return parsed;
}

}  // namespace refold::net
