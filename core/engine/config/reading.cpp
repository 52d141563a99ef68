#include "core/engine/config/reading.h"

#include <array>
#include <charconv>
#include <limits>

#include "core/atproto/quote.h"

namespace refold::engine {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 8> size_units{{{"TiB", std::uint64_t{1} << 40},
                                          {"GiB", std::uint64_t{1} << 30},
                                          {"MiB", std::uint64_t{1} << 20},
                                          {"KiB", std::uint64_t{1} << 10},
                                          {"GB", 1'000'000'000},
                                          {"MB", 1'000'000},
                                          {"kB", 1'000},
                                          {"B", 1}}};
constexpr std::array<Unit, 4> time_units{
    {{"h", 3'600'000}, {"min", 60'000}, {"s", 1'000}, {"ms", 1}}};

/// "64KiB" or "64 KiB". None: no number, no such unit, or more than 2^63.
template <std::size_t Count>
std::optional<std::uint64_t> measured(std::string_view text, const std::array<Unit, Count>& units) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{}) return std::nullopt;
  std::string_view unit(read.ptr, static_cast<std::size_t>(end - read.ptr));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (const Unit& one : units) {
    if (unit == one.name && number <= most / one.factor) return number * one.factor;
  }
  return std::nullopt;
}

template <std::size_t Count>
std::string in_units(std::uint64_t value, const std::array<Unit, Count>& units) {
  for (const Unit& one : units) {
    if (value != 0 && value % one.factor == 0) {
      return std::to_string(value / one.factor) + std::string(one.name);
    }
  }
  return "0" + std::string(units.back().name);
}

std::string kind_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::text: return "the text " + atproto::quoted(node.text);
    case Node::Kind::integer: return "the number " + std::to_string(node.integer);
    case Node::Kind::boolean: return node.boolean ? "true" : "false";
    case Node::Kind::list: return "a list";
    case Node::Kind::table: return "a table";
    case Node::Kind::other: break;
  }
  return "a value of another kind";
}

}  // namespace

void Reading::refuse(const Node& at, const std::string& key, std::string sentence) {
  if (at.variable.empty()) return refuse(at.place, key, std::move(sentence));
  problems_.push_back({at.variable, key, std::move(sentence), 0});
}

void Reading::refuse(const Place& at, const std::string& key, std::string sentence) {
  std::string where = file_;
  if (at.line != 0) where += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  problems_.push_back({std::move(where), key, std::move(sentence), at.line});
}

void Reading::refuse_kind(const Node& node, const std::string& key, const std::string& wanted) {
  refuse(node, key, "this must be " + wanted + ", not " + kind_text(node));
}

std::optional<std::string> Reading::text(const Node& node, const std::string& key) {
  if (node.kind != Node::Kind::text) {
    refuse_kind(node, key, "a text in quotes");
    return std::nullopt;
  }
  if (node.text.find('\0') != std::string::npos) {
    refuse(node, key, "there is a zero byte in it");
    return std::nullopt;
  }
  return node.text;
}

std::optional<bool> Reading::flag(const Node& node, const std::string& key) {
  if (node.kind == Node::Kind::boolean) return node.boolean;
  if (!node.variable.empty() && node.text == "true") return true;
  if (!node.variable.empty() && node.text == "false") return false;
  refuse_kind(node, key, "true or false, without quotes");
  return std::nullopt;
}

std::optional<std::uint64_t> Reading::count(const Node& node, const std::string& key) {
  if (node.kind == Node::Kind::integer && node.integer >= 0) {
    return static_cast<std::uint64_t>(node.integer);
  }
  std::uint64_t number = 0;
  const char* const end = node.text.data() + node.text.size();
  const auto read = std::from_chars(node.text.data(), end, number);
  const bool whole = read.ec == std::errc{} && read.ptr == end;
  if (!node.variable.empty() && whole) return number;
  refuse_kind(node, key, "a whole number that is not negative");
  return std::nullopt;
}

std::optional<std::uint64_t> Reading::size(const Node& node, const std::string& key) {
  if (node.kind == Node::Kind::integer) return count(node, key);
  if (node.kind == Node::Kind::text) {
    if (const auto bytes = measured(node.text, size_units)) return bytes;
  }
  refuse_kind(node, key, "a size, such as \"64KiB\", \"1GiB\" or a number of bytes");
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> Reading::time(const Node& node, const std::string& key) {
  if (node.kind == Node::Kind::text) {
    if (const auto time = measured(node.text, time_units)) {
      return std::chrono::milliseconds(static_cast<std::int64_t>(*time));
    }
  }
  refuse_kind(node, key, "a time with its unit: \"250ms\", \"30s\", \"5min\" or \"2h\"");
  return std::nullopt;
}

std::optional<std::filesystem::path> Reading::path(const Node& node, const std::string& key) {
  const auto written = text(node, key);
  if (!written) return std::nullopt;
  if (written->empty() || *written == "-") return std::filesystem::path(*written);
  // A file means paths beside it; a variable what its shell would mean.
  std::error_code failed;
  const auto base = node.variable.empty() ? base_ : std::filesystem::current_path(failed);
  return (base / *written).lexically_normal();
}

std::optional<std::vector<Node>> Reading::texts(const Node& node, const std::string& key) {
  std::vector<Node> found;
  if (!node.variable.empty()) {
    for (std::size_t from = 0; from < node.text.size();) {
      const std::size_t comma = std::min(node.text.find(',', from), node.text.size());
      found.push_back(node);
      found.back().text = node.text.substr(from, comma - from);
      from = comma + 1;
    }
    return found;
  }
  if (node.kind != Node::Kind::list) {
    refuse_kind(node, key, "a list of texts: [\"one\", \"two\"]");
    return std::nullopt;
  }
  for (const Node& item : node.items) {
    if (item.kind != Node::Kind::text) {
      refuse_kind(item, key, "a text in quotes");
      return std::nullopt;
    }
    found.push_back(item);
  }
  return found;
}

const std::vector<Node::Member>* Reading::table(const Node& node, const std::string& key) {
  if (node.kind == Node::Kind::table) return &node.members;
  refuse_kind(node, key, "a table");
  return nullptr;
}

std::string size_text(std::uint64_t bytes) { return in_units(bytes, size_units); }

std::string time_text(std::chrono::milliseconds time) {
  return in_units(static_cast<std::uint64_t>(time.count()), time_units);
}

std::string toml_text(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += letter;
    }
  }
  return out + "\"";
}

}  // namespace refold::engine
