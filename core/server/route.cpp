#include "core/server/route.h"

#include <charconv>

namespace refold::server {

namespace {

template <class Number>
std::optional<Number> read_number(std::string_view text) noexcept {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

const std::string& Call::place(std::string_view name) const noexcept {
  static const std::string none;
  for (const net::Parameter& one : places) {
    if (one.name == name) return one.value;
  }
  return none;
}

std::uint64_t Call::number(std::string_view name, std::uint64_t standard) const noexcept {
  const auto value = text(name);
  return value ? read_number<std::uint64_t>(*value).value_or(standard) : standard;
}

std::optional<double> Call::seconds(std::string_view name) const noexcept {
  const auto value = text(name);
  return value ? read_number<double>(*value) : std::nullopt;
}

bool Call::flag(std::string_view name) const noexcept { return text(name) == "true"; }

std::vector<std::string> Call::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const net::Parameter& one : request.parameters) {
    if (one.name == name) values.push_back(one.value);
  }
  return values;
}

net::Response json_response(std::string json) {
  net::Response response;
  response.body = std::move(json);
  return response;
}

}  // namespace refold::server
