#include "core/engine/config/elements.h"

#include <algorithm>
#include <set>

#include "core/engine/config/keys.h"

namespace refold::engine {
namespace {

constexpr std::size_t elements_max = 1000;
constexpr std::size_t source_name_bytes_max = 40;  // as core/ingest has it

/// `key` of a table of `of`, with the name of that table before it.
std::string below(const std::string& of, const std::string& key) { return of + "." + key; }

template <class Of>
void read_keys(const Node& table, const std::string& of, const std::vector<Key<Of>>& keys,
               Of& element, Reading& reading) {
  std::vector<std::string> names;
  names.reserve(keys.size());
  for (const auto& key : keys) names.push_back(key.name);
  for (const Node::Member& member : table.members) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const auto& one) { return one.name == member.key; });
    if (key == keys.end()) {
      const std::string near = nearest(member.key, names);
      reading.refuse(member.place, below(of, member.key),
                     "there is no such key" +
                         (near.empty() ? near : "; did you mean " + below(of, near) + "?"));
      continue;
    }
    const std::size_t before = reading.problems().size();
    key->read(element, member.value, reading);
    for (std::size_t at = before; at < reading.problems().size(); ++at) {
      reading.problems()[at].key = below(of, member.key);
    }
  }
}

/// Each table of a list of tables, with its element; `check` looks at it when it was read.
template <class Of, class Check>
void read_elements(const Node::Member& written, const std::vector<Key<Of>>& keys,
                   std::vector<Of>& elements, Reading& reading, const Check& check) {
  const std::string& of = written.key;
  const Node& list = written.value;
  const bool tables = list.kind == Node::Kind::list &&
                      std::all_of(list.items.begin(), list.items.end(),
                                  [](const Node& item) { return item.kind == Node::Kind::table; });
  if (!tables) {
    return reading.refuse(written.place, of,
                          "write [[" + of + "]] with two brackets: there may be several");
  }
  if (list.items.size() > elements_max) {
    return reading.refuse(written.place, of,
                          "there are " + std::to_string(list.items.size()) + "; there may be " +
                              std::to_string(elements_max));
  }
  std::set<std::string> names;
  for (const Node& table : list.items) {
    Of element;
    const std::size_t before = reading.problems().size();
    read_keys(table, of, keys, element, reading);
    const bool whole = reading.problems().size() == before;
    if (table.find("name") == nullptr) {
      reading.refuse(table, below(of, "name"), "it is missing: every " + of + " has a name");
    } else if (!element.name.empty() && !names.insert(element.name).second) {
      reading.refuse(table, below(of, "name"),
                     "there are two of the name " + atproto::quoted(element.name));
    }
    if (whole) check(table, element);
    elements.push_back(std::move(element));
  }
}

void check_source(const Node& table, const SourceConfig& source, Reading& reading) {
  const bool capture = source.kind == SourceKind::capture;
  const std::string kind = capture ? "a capture" : "a source of this kind";
  if (table.find("kind") == nullptr) {
    return reading.refuse(
        table, "source.kind",
        "it is missing: \"firehose\", \"jetstream\", \"jetstream-v2\" or \"capture\"");
  }
  const auto refuse = [&](const char* key, const std::string& sentence) {
    const Node::Member* const member = table.find(key);
    reading.refuse(member == nullptr ? table.place : member->place, std::string("source.") + key,
                   sentence);
  };
  if (capture && source.file.empty())
    refuse("file", "it is missing: a capture is read from a file");
  if (capture && !source.url.empty())
    refuse("url", "a capture is read from a file, not from a URL");
  if (!capture && source.url.empty()) refuse("url", "it is missing: " + kind + " has a URL");
  if (!capture && !source.file.empty()) refuse("file", "only a capture is read from a file");
  if (source.name.size() > source_name_bytes_max) {
    refuse("name", "it has " + std::to_string(source.name.size()) + " letters; the name of a " +
                       "source has at most " + std::to_string(source_name_bytes_max));
  }
  if (!source.dictionary.empty() && source.kind != SourceKind::jetstream &&
      source.kind != SourceKind::jetstream_v2) {
    refuse("dictionary", "only a Jetstream has one");
  }
  if (capture && source.start != "now" && source.start != "oldest") {
    refuse("start", "a capture is read from its beginning: leave it out");
  }
}

void check_projection(const Node& table, const ProjectionConfig& made, Reading& reading) {
  if (made.plugin.empty()) {
    reading.refuse(table, "projection.plugin", "it is missing: the file of the plugin");
  }
}

}  // namespace

void read_sources(const Node::Member& written, Config& config, Reading& reading) {
  read_elements(
      written, source_keys(), config.sources, reading,
      [&](const Node& table, const SourceConfig& source) { check_source(table, source, reading); });
}

void read_projections(const Node::Member& written, Config& config, Reading& reading) {
  read_elements(written, projection_keys(), config.projections, reading,
                [&](const Node& table, const ProjectionConfig& made) {
                  check_projection(table, made, reading);
                });
}

}  // namespace refold::engine
