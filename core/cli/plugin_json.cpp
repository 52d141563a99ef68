#include "core/cli/plugin_json.h"

#include <array>
#include <utility>

#include "core/base/json_writer.h"
#include "core/cli/text.h"

namespace refold::cli {

using plugin::OptionInfo;
using plugin::ProjectionInfo;

namespace {

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).open('[');
  for (const std::string& text : texts) json.text(text);
  json.close(']');
}

void write_text_or_null(JsonWriter& json, std::string_view key, const std::string& text) {
  json.key(key);
  if (text.empty()) {
    json.null();
  } else {
    json.text(text);
  }
}

void write_options(JsonWriter& json, std::string_view key, const std::vector<OptionInfo>& options) {
  json.key(key).open('[');
  for (const OptionInfo& option : options) {
    json.open('{').field("name", option.name).field("summary", option.summary);
    json.field("type", type_name(option.type));
    if (option.type == REFOLD_INTEGER) json.key("least").number(option.least);
    if (option.type == REFOLD_INTEGER || option.type == REFOLD_TEXT) {
      json.key("most").number(option.most);
    }
    json.key("fallback");
    if (option.fallback) {
      json.text(*option.fallback);
    } else {
      json.null();
    }
    json.close('}');
  }
  json.close(']');
}

void write_tables(JsonWriter& json, const ProjectionInfo& projection) {
  json.key("tables").open('[');
  for (std::size_t table = 0; table < projection.tables.size(); ++table) {
    json.open('{').field("name", projection.tables[table]).key("layout");
    if (projection.layouts.empty()) {
      json.null();
    } else {
      json.text(projection.layouts[table]);
    }
    json.close('}');
  }
  json.close(']');
}

void write_projection(JsonWriter& json, const ProjectionInfo& projection) {
  json.open('{').field("name", projection.name).field("summary", projection.summary);
  json.field("fold", projection.fold);
  write_texts(json, "wants", wants_names(projection.wants));
  write_texts(json, "collections", projection.collections);
  write_tables(json, projection);
  write_options(json, "options", projection.options);
  json.key("queries").open('[');
  for (const plugin::QueryInfo& query : projection.queries) {
    json.open('{').field("name", query.name).field("summary", query.summary);
    write_options(json, "parameters", query.parameters);
    json.close('}');
  }
  json.close(']').close('}');
}

}  // namespace

std::vector<std::string> wants_names(std::uint32_t wants) {
  constexpr std::array<std::pair<std::uint32_t, const char*>, 5> names = {
      {{REFOLD_RECORDS, "records"},
       {REFOLD_ACCOUNTS, "accounts"},
       {REFOLD_IDENTITIES, "identities"},
       {REFOLD_HISTORY, "history"},
       {REFOLD_ACCOUNT_STATUS, "account-status"}}};
  std::vector<std::string> found;
  for (const auto& [bit, name] : names) {
    if ((wants & bit) != 0) found.emplace_back(name);
  }
  return found;
}

std::string type_name(std::uint32_t type) {
  switch (type) {
    case REFOLD_TEXT: return "text";
    case REFOLD_INTEGER: return "integer";
    case REFOLD_BOOLEAN: return "boolean";
    default: return "time";
  }
}

std::string option_type_text(const OptionInfo& option) {
  if (option.type == REFOLD_INTEGER) {
    return "a whole number from " + std::to_string(option.least) + " to " +
           std::to_string(option.most);
  }
  if (option.type == REFOLD_TEXT) {
    return "text of at most " + byte_text(static_cast<std::uint64_t>(option.most));
  }
  return option.type == REFOLD_BOOLEAN ? "true or false" : "a time";
}

std::string abi_text(const plugin::PluginInfo& info) {
  return std::to_string(info.abi_major) + "." + std::to_string(info.abi_minor);
}

std::string plugin_json(const Checked& checked) {
  const plugin::Probed& probed = checked.probed;
  std::string out;
  JsonWriter json(out);
  json.open('{').field("name", probed.info.name).field("version", probed.info.version);
  json.field("build_id", probed.info.build_id).field("abi", abi_text(probed.info));
  json.key("projections").open('[');
  for (const ProjectionInfo& projection : probed.info.projections) {
    write_projection(json, projection);
  }
  json.close(']').key("pinned").boolean(probed.pinned);
  write_texts(json, "untried", probed.untried);
  write_text_or_null(json, "sha256", checked.hash ? hex(*checked.hash) : "");
  write_text_or_null(json, "place", checked.place);
  json.close('}');
  return out;
}

}  // namespace refold::cli
