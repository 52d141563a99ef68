#include <algorithm>
#include <set>

#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/atproto/utf8.h"
#include "core/plugin/manifest.h"

namespace refold::plugin {
namespace {

constexpr std::uint32_t gives_events =
    REFOLD_RECORDS | REFOLD_ACCOUNTS | REFOLD_IDENTITIES | REFOLD_HISTORY;
constexpr std::uint32_t known_wants = gives_events | REFOLD_ACCOUNT_STATUS;

bool is_lower(char letter) { return letter >= 'a' && letter <= 'z'; }
bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_upper(char letter) { return letter >= 'A' && letter <= 'Z'; }

Result<void> check_name(std::string_view what, std::string_view name) {
  const bool valid = !name.empty() && name.size() <= REFOLD_NAME_MAX && is_lower(name.front()) &&
                     std::all_of(name.begin(), name.end(), [](char letter) {
                       return is_lower(letter) || is_digit(letter) || letter == '-';
                     });
  if (valid) return ok();
  return invalid(std::string(what) + " " + atproto::quoted(name) +
                 " is no name: those have 1 to 63 of a-z, 0-9 and '-', the first a letter");
}

Result<void> check_option_name(std::string_view what, std::string_view name) {
  const bool valid = !name.empty() && name.size() <= REFOLD_NAME_MAX &&
                     std::all_of(name.begin(), name.end(), [](char letter) {
                       return is_lower(letter) || is_upper(letter) || is_digit(letter) ||
                              letter == '-' || letter == '_';
                     });
  if (valid) return ok();
  return invalid(std::string(what) + " " + atproto::quoted(name) +
                 " is no name: those have 1 to 63 letters, digits, '-' and '_'");
}

Result<void> check_line(std::string_view what, std::string_view line) {
  const bool one_line = std::none_of(line.begin(), line.end(), [](char letter) {
    return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
  });
  if (line.size() <= line_bytes_max && one_line && atproto::valid_utf8(line)) return ok();
  return invalid(std::string(what) + " " + atproto::quoted(line) + " is not one line of at most " +
                 std::to_string(line_bytes_max) + " bytes of UTF-8");
}

/// Whether nothing is named twice.
template <class Items, class Name>
Result<void> check_distinct(std::string_view what, const Items& items, Name name) {
  std::set<std::string_view> seen;
  for (const auto& item : items) {
    if (!seen.insert(name(item)).second) {
      return invalid("there are two of " + std::string(what) + " " + atproto::quoted(name(item)));
    }
  }
  return ok();
}

constexpr auto by_name = [](const auto& item) -> std::string_view { return item.name; };
constexpr auto by_itself = [](const std::string& item) -> std::string_view { return item; };

Result<void> check_options(std::string_view what, const std::vector<OptionInfo>& options) {
  if (options.size() > options_max) {
    return Error{Errc::too_large, "there are " + std::to_string(options.size()) + " " +
                                      std::string(what) + "s, at most " +
                                      std::to_string(options_max) + " may be"};
  }
  for (const OptionInfo& option : options) {
    const std::string name = std::string(what) + " " + atproto::quoted(option.name);
    REFOLD_CHECK(check_option_name(what, option.name));
    REFOLD_CHECK(check_line(name + ": the summary", option.summary));
    if (option.type > REFOLD_TIME) {
      return invalid(name + " is of type " + std::to_string(option.type) + ", which there is not");
    }
    if (option.type == REFOLD_INTEGER && option.least > option.most) {
      return invalid(name + " can have no value: it is from " + std::to_string(option.least) +
                     " to " + std::to_string(option.most));
    }
    if (option.type == REFOLD_TEXT && option.most < 0) {
      return invalid(name + " can have no value: it has at most " + std::to_string(option.most) +
                     " bytes");
    }
    if (!option.fallback) continue;
    auto fallback = canonical_value(option, *option.fallback);
    if (fallback.has_error()) return within(name + ": the fallback", std::move(fallback).error());
  }
  return check_distinct(what, options, by_name);
}

Result<void> check_collections(const ProjectionInfo& projection) {
  for (const std::string& collection : projection.collections) {
    if (atproto::valid_collection_pattern(collection)) continue;
    return invalid("collection " + atproto::quoted(collection) +
                   " matches nothing: it is neither an NSID nor a prefix of NSIDs such as "
                   "app.bsky.*");
  }
  return check_distinct("collection", projection.collections, by_itself);
}

Result<void> check_wants(const ProjectionInfo& projection) {
  if ((projection.wants & ~known_wants) != 0) {
    return Error{Errc::unsupported, "it wants events by bits that this host does not know: " +
                                        std::to_string(projection.wants & ~known_wants)};
  }
  if ((projection.wants & gives_events) == 0) {
    return invalid("it wants no events: neither records nor accounts, identities or the history");
  }
  if (!projection.collections.empty() &&
      (projection.wants & (REFOLD_RECORDS | REFOLD_HISTORY)) == 0) {
    return invalid("it names collections, but wants no records");
  }
  return ok();
}

Result<void> check_tables(const ProjectionInfo& projection) {
  for (const std::string& table : projection.tables) REFOLD_CHECK(check_name("table", table));
  REFOLD_CHECK(check_distinct("table", projection.tables, by_itself));
  if (!projection.layouts.empty() && projection.layouts.size() != projection.tables.size()) {
    return invalid("it has " + std::to_string(projection.tables.size()) +
                   " tables, and layouts of " + std::to_string(projection.layouts.size()));
  }
  for (std::size_t table = 0; table < projection.layouts.size(); ++table) {
    if (atproto::valid_utf8(projection.layouts[table])) continue;
    return invalid("the layout of table " + atproto::quoted(projection.tables[table]) +
                   " is not UTF-8");
  }
  return ok();
}

Result<void> check_projection(const ProjectionInfo& projection) {
  REFOLD_CHECK(check_line("the summary", projection.summary));
  REFOLD_CHECK(check_wants(projection));
  REFOLD_CHECK(check_collections(projection));
  REFOLD_CHECK(check_tables(projection));
  REFOLD_CHECK(check_options("option", projection.options));
  for (const QueryInfo& query : projection.queries) {
    REFOLD_CHECK(check_name("query", query.name));
    auto checked = check_line("the summary", query.summary);
    if (checked.has_value()) checked = check_options("parameter", query.parameters);
    if (checked.has_error()) return within("query " + atproto::quoted(query.name), checked.error());
  }
  return check_distinct("query", projection.queries, by_name);
}

}  // namespace

Result<void> check(const PluginInfo& info) {
  REFOLD_CHECK(check_name("the plugin's name", info.name));
  REFOLD_CHECK(check_line("the plugin's version", info.version));
  REFOLD_CHECK(check_line("the plugin's build id", info.build_id));
  if (info.version.empty()) return invalid("the plugin has no version");
  if (info.projections.empty()) return invalid("it offers no projection");
  for (const ProjectionInfo& projection : info.projections) {
    REFOLD_CHECK(check_name("projection", projection.name));
    auto checked = check_projection(projection);
    if (checked.has_error()) {
      return within("projection " + atproto::quoted(projection.name), std::move(checked).error());
    }
  }
  return check_distinct("projection", info.projections, by_name);
}

}  // namespace refold::plugin
