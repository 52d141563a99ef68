#include "core/net/response_text.h"

#include <algorithm>

#include "core/base/characters.h"

namespace refold::net {
namespace {

bool breaks_lines(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

std::string head_text(const Response& response, const Framing& framing, std::string_view date) {
  std::string text;
  text.reserve(512);
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  text.append(reason_of(response.status)).append("\r\nDate: ").append(date);
  const auto add = [&](std::string_view name, std::string_view value) {
    if (breaks_lines(name) || breaks_lines(value)) return;
    text.append("\r\n").append(name).append(": ").append(value);
  };
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  if (framing.length && response.status != 204 && response.status != 304)
    add("Content-Length", std::to_string(*framing.length));
  if (framing.chunked) add("Transfer-Encoding", "chunked");
  add("Connection", framing.keep ? "keep-alive" : "close");
  for (const Header& header : response.headers) add(header.name, header.value);
  return text.append("\r\n\r\n");
}

Response complaint(unsigned status, std::string_view why) {
  Response response;
  response.status = status;
  std::string text;
  for (const char c : escaped(why)) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  response.body =
      R"({"error":")" + std::string(reason_of(status)) + R"(","message":")" + text + "\"}\n";
  if (status == 503) response.headers.push_back({"Retry-After", "1"});
  return response;
}

}  // namespace refold::net
