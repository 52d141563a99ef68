#pragma once

#include <simdjson.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/atproto/json.h"
#include "core/atproto/syntax.h"

namespace refold::shipped {

using simdjson::dom::element;

inline std::string text_of(const element& value) { return std::string(std::string_view(value)); }

/// JSON with sorted keys and without padded bytes: one text for one value.
inline std::string canonical(const element& value) {
  switch (value.type()) {
    case simdjson::dom::element_type::OBJECT: {
      std::map<std::string, std::string> fields;
      for (const auto field : value.get_object()) {
        fields[std::string(field.key)] = canonical(field.value);
      }
      std::string text = "{";
      for (const auto& [name, field] : fields) text += name + ":" + field + ",";
      return text + "}";
    }
    case simdjson::dom::element_type::ARRAY: {
      std::string text = "[";
      for (const element item : value.get_array()) text += canonical(item) + ",";
      return text + "]";
    }
    case simdjson::dom::element_type::STRING: {
      std::string text(std::string_view(value.get_string()));
      while (text.ends_with('=')) text.pop_back();
      return "'" + text + "'";
    }
    default: return simdjson::minify(value);
  }
}

/// Calls `found(path, text)` for every link of a record in JSON.
template <class Found>
void each_link(const element& value, const std::string& path, const Found& found) {
  if (value.is_object()) {
    for (const auto field : value.get_object()) {
      each_link(field.value, path + "." + std::string(field.key), found);
    }
  } else if (value.is_array()) {
    for (const element item : value.get_array()) {
      std::string_view type;
      if (item.is_object() && item["$type"].get(type) != simdjson::SUCCESS) type = {};
      each_link(item, path + "[" + std::string(type) + "]", found);
    }
  } else if (value.is_string()) {
    const std::string_view text = value.get_string();
    if (atproto::valid_at_uri(text) || atproto::valid_did(text)) found(path, text);
  }
}

/// What the lines of an event stream come to, by maps: written without regard to how the engine or
/// the plugins go about it.
struct Model {
  struct Version {
    std::string cid;
    std::string rev;
    std::string value;  ///< canonical
  };
  struct Activity {
    std::uint64_t creates = 0;
    std::uint64_t updates = 0;
    std::uint64_t deletes = 0;
    std::uint64_t bytes = 0;
    std::set<std::string> actors;
  };
  using RecordName = std::tuple<std::string, std::string, std::string>;
  using Source = std::pair<std::string, std::string>;

  std::map<RecordName, Version> living;
  std::map<std::string, bool> active;
  std::map<std::string, Activity> activities;  ///< by collection, and "" for all
  std::map<std::string, std::uint64_t> kinds;
  /// target: collection and path: did and rkey
  std::map<std::string, std::map<Source, std::set<std::pair<std::string, std::string>>>> links;

  void take(const element& line) {
    const std::string did = text_of(line["did"]);
    const std::string_view kind = line["kind"];
    if (kind == "commit") {
      take_commit(did, line["commit"]);
    } else {
      ++kinds[std::string(kind)];
      if (kind == "account") take_account(did, line["account"]);
    }
  }

 private:
  void take_commit(const std::string& did, const element& commit) {
    const RecordName name{did, text_of(commit["collection"]), text_of(commit["rkey"])};
    const std::string operation = text_of(commit["operation"]);
    element record;
    const bool has_record = commit["record"].get(record) == simdjson::SUCCESS;
    std::uint64_t bytes = 0;
    forget(name);
    if (operation != "delete" && has_record) {
      living[name] = {text_of(commit["cid"]), text_of(commit["rev"]), canonical(record)};
      bytes = atproto::cbor_from_json(record).value().size();
      each_link(record, "", [&](const std::string& path, std::string_view target) {
        const Source source{std::get<1>(name), path};
        links[std::string(target)][source].insert({did, std::get<2>(name)});
        links_of_[name].emplace_back(target, source);
      });
    }
    count(name, operation, bytes);
  }
  /// A tombstone for each record of an account that was deleted.
  void take_account(const std::string& did, const element& account) {
    std::string_view status;
    active[did] = bool(account["active"]);
    if (active[did] || account["status"].get(status) != simdjson::SUCCESS) return;
    if (status != "deleted") return;
    std::vector<RecordName> gone;
    for (const auto& [name, version] : living) {
      if (std::get<0>(name) == did) gone.push_back(name);
    }
    for (const RecordName& name : gone) {
      forget(name);
      count(name, "delete", 0);
    }
  }
  void forget(const RecordName& name) {
    living.erase(name);
    for (const auto& [target, source] : links_of_[name]) {
      links[target][source].erase({std::get<0>(name), std::get<2>(name)});
    }
    links_of_.erase(name);
  }
  void count(const RecordName& name, const std::string& operation, std::uint64_t bytes) {
    ++kinds[operation];
    for (const std::string& of : {std::get<1>(name), std::string()}) {
      Activity& activity = activities[of];
      activity.creates += operation == "create" ? 1 : 0;
      activity.updates += operation == "update" ? 1 : 0;
      activity.deletes += operation == "delete" ? 1 : 0;
      activity.bytes += bytes;
      activity.actors.insert(std::get<0>(name));
    }
  }

  std::map<RecordName, std::vector<std::pair<std::string, Source>>> links_of_;
};

}  // namespace refold::shipped
