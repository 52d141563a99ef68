#include <charconv>

#include "core/atproto/datetime.h"
#include "core/atproto/quote.h"
#include "core/atproto/utf8.h"
#include "core/plugin/manifest.h"

namespace refold::plugin {
namespace {

/// A whole number in its one form: "-12", not "010" or "+1".
std::optional<std::int64_t> read_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || std::to_string(number) != text) return std::nullopt;
  return number;
}

Result<std::string> canonical_text(const OptionInfo& declared, std::string_view value) {
  const auto bytes_max = std::min<std::int64_t>(declared.most, option_bytes_max);
  if (!atproto::valid_utf8(value)) return invalid(atproto::quoted(value) + " is not UTF-8");
  if (value.size() <= static_cast<std::uint64_t>(bytes_max)) return std::string(value);
  return invalid(atproto::quoted(value) + " has " + std::to_string(value.size()) +
                 " bytes, at most " + std::to_string(bytes_max) + " may be");
}

Result<std::string> canonical_integer(const OptionInfo& declared, std::string_view value) {
  const auto number = read_integer(value);
  if (number && *number >= declared.least && *number <= declared.most) return std::string(value);
  return invalid(atproto::quoted(value) + " is not a whole number from " +
                 std::to_string(declared.least) + " to " + std::to_string(declared.most));
}

Result<std::string> canonical_time(std::string_view value) {
  auto micros = read_integer(value);
  if (!micros) micros = atproto::parse_datetime(value);
  if (micros && *micros >= atproto::datetime_micros_min &&
      *micros <= atproto::datetime_micros_max) {
    return std::to_string(*micros);
  }
  return invalid(atproto::quoted(value) +
                 " is not a time (2026-01-31T12:00:00Z, or microseconds since 1970)");
}

std::string names_of(const std::vector<OptionInfo>& declared) {
  std::string names;
  for (const OptionInfo& option : declared) names += (names.empty() ? "" : ", ") + option.name;
  return names;
}

}  // namespace

Result<std::string> canonical_value(const OptionInfo& declared, std::string_view value) {
  switch (declared.type) {
    case REFOLD_TEXT: return canonical_text(declared, value);
    case REFOLD_INTEGER: return canonical_integer(declared, value);
    case REFOLD_TIME: return canonical_time(value);
    default: break;
  }
  if (value == "true" || value == "false") return std::string(value);
  return invalid(atproto::quoted(value) + " is neither true nor false");
}

Result<std::vector<std::string>> canonical_options(
    const std::vector<OptionInfo>& declared,
    const std::vector<std::pair<std::string, std::string>>& given, std::string_view what) {
  const std::string kind(what);
  std::vector<const std::string*> chosen(declared.size());
  for (const auto& [name, value] : given) {
    std::size_t at = 0;
    while (at < declared.size() && declared[at].name != name) ++at;
    if (at == declared.size()) {
      return invalid("there is no " + kind + " " + atproto::quoted(name) +
                     (declared.empty() ? "" : "; there are: " + names_of(declared)));
    }
    if (chosen[at] != nullptr)
      return invalid(kind + " " + atproto::quoted(name) + " is given twice");
    chosen[at] = &value;
  }
  std::vector<std::string> values;
  for (std::size_t at = 0; at < declared.size(); ++at) {
    const OptionInfo& option = declared[at];
    if (chosen[at] == nullptr && !option.fallback) {
      return invalid(kind + " " + atproto::quoted(option.name) + " must be given");
    }
    auto value = canonical_value(option, chosen[at] == nullptr ? *option.fallback : *chosen[at]);
    if (value.has_error()) return within(kind + " " + atproto::quoted(option.name), value.error());
    values.push_back(std::move(*value));
  }
  return values;
}

}  // namespace refold::plugin
