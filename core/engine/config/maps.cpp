#include "core/engine/config/maps.h"

#include <algorithm>

#include "core/base/sha256_text.h"
#include "core/engine/config/checks.h"
#include "core/engine/config/keys.h"

namespace refold::engine {
namespace {

/// "key" or "\"a.key\"": as it stands before '='.
std::string bare_or_quoted(const std::string& key) {
  const bool bare = std::all_of(key.begin(), key.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
  });
  return bare && !key.empty() ? key : toml_text(key);
}

template <class Map, class Text>
std::string inline_table(const Map& map, const Text& text) {
  std::string out;
  for (const auto& [key, value] : map) {
    out += (out.empty() ? " " : ", ") + bare_or_quoted(key) + " = " + toml_text(text(value));
  }
  return out.empty() ? "{}" : "{" + out + " }";
}

void read_target(Config& config, const Node::Member& member, const std::string& name,
                 Reading& reading) {
  // Unquoted, a.b.c is three tables: the commonest mistake here.
  if (member.value.kind == Node::Kind::table) {
    return reading.refuse(member.place, name,
                          "put the NSID in quotes: \"com.example.getFeed\" = \"projection/query\"");
  }
  if (std::string wrong = check_nsid(member.key); !wrong.empty()) {
    return reading.refuse(member.place, name, std::move(wrong));
  }
  const auto text = reading.text(member.value, name);
  if (!text) return;
  const std::size_t slash = text->find('/');
  const bool two = slash != std::string::npos && text->find('/', slash + 1) == std::string::npos;
  if (!two || !check_name(text->substr(0, slash)).empty() || slash + 1 == text->size()) {
    return reading.refuse(member.value, name,
                          atproto::quoted(*text) + " is not a query: write \"projection/query\"");
  }
  config.http.xrpc[member.key] = {text->substr(0, slash), text->substr(slash + 1)};
}

/// What a plugin's option is given: texts, numbers and truth values alike, as plugins take texts.
std::optional<std::string> option_text(const Node& node, const std::string& key, Reading& reading) {
  if (node.kind == Node::Kind::integer) return std::to_string(node.integer);
  if (node.kind == Node::Kind::boolean) return node.boolean ? "true" : "false";
  if (node.kind == Node::Kind::text) return reading.text(node, key);
  reading.refuse(node, key, "an option must be a text, a whole number, true or false");
  return std::nullopt;
}

}  // namespace

Key<Config> xrpc_key() {
  auto key = field_key<Config>(
      "http.xrpc", "Queries that answer XRPC: { \"com.example.getFeed\" = \"projection/query\" }.",
      [](Config & config) -> auto& { return config.http.xrpc; });
  key.from_environment = false;
  key.read = [name = key.name](Config& config, const Node& node, Reading& reading) {
    const auto* const members = reading.table(node, name);
    if (members == nullptr) return;
    for (const Node::Member& member : *members) read_target(config, member, name, reading);
  };
  key.show = [](const Config& config) {
    return inline_table(config.http.xrpc, [](const XrpcTarget& target) {
      return target.projection + "/" + target.query;
    });
  };
  return key;
}

Key<Config> levels_key() {
  auto key = field_key<Config>(
      "logging.levels", "Other levels for single parts: { projection = \"debug\" }.",
      [](Config & config) -> auto& { return config.logging.levels; });
  key.from_environment = false;
  key.read = [name = key.name](Config& config, const Node& node, Reading& reading) {
    const auto* const members = reading.table(node, name);
    if (members == nullptr) return;
    const auto& parts = logging_parts();
    for (const Node::Member& member : *members) {
      if (std::find(parts.begin(), parts.end(), member.key) == parts.end()) {
        std::string known;
        for (const std::string& part : parts) known += (known.empty() ? "" : ", ") + part;
        reading.refuse(member.place, name,
                       "there is no part " + atproto::quoted(member.key) + "; there are " + known +
                           suggestion(member.key, parts));
      } else if (const auto level = word_of(level_words(), member.value, name, reading)) {
        config.logging.levels[member.key] = *level;
      }
    }
  };
  key.show = [](const Config& config) {
    return inline_table(config.logging.levels,
                        [](Level level) { return text_of(level_words(), level); });
  };
  return key;
}

Key<SourceConfig> verification_key() {
  const Words<Verification> words{{"hashes", Verification::hashes}};
  auto key = word_key<SourceConfig, Verification>(
      "verify", "What is checked: \"hashes\", each record against its CID.",
      [](SourceConfig & source) -> auto& { return source.verify; }, words);
  key.read = [words, name = key.name](SourceConfig& source, const Node& node, Reading& reading) {
    if (node.kind == Node::Kind::text && node.text == "full") {
      return reading.refuse(node, name,
                            "this version does not verify signatures: write \"hashes\", which "
                            "checks each record against its CID");
    }
    if (const auto value = word_of(words, node, name, reading)) source.verify = *value;
  };
  return key;
}

Key<ProjectionConfig> sha256_key() {
  auto key = field_key<ProjectionConfig>(
      "sha256", "That the plugin's file must have; \"\": any.",
      [](ProjectionConfig & made) -> auto& { return made.sha256; });
  key.read = [name = key.name](ProjectionConfig& made, const Node& node, Reading& reading) {
    const auto text = reading.text(node, name);
    if (!text) return;
    made.sha256 = sha256_of_text(*text);
    if (!made.sha256 && !text->empty()) {
      reading.refuse(node, name,
                     atproto::quoted(*text) + " is not a SHA-256: 64 digits, 0-9 and a-f");
    }
  };
  key.show = [](const ProjectionConfig& made) {
    return toml_text(made.sha256 ? hex(*made.sha256) : std::string());
  };
  return key;
}

Key<ProjectionConfig> options_key() {
  auto key = field_key<ProjectionConfig>(
      "options", "Of the projection: { name = \"value\" }; see 'refold plugin check'.",
      [](ProjectionConfig & made) -> auto& { return made.options; });
  key.read = [name = key.name](ProjectionConfig& made, const Node& node, Reading& reading) {
    const auto* const members = reading.table(node, name);
    if (members == nullptr) return;
    for (const Node::Member& member : *members) {
      if (auto value = option_text(member.value, name, reading)) {
        made.options.emplace_back(member.key, std::move(*value));
      }
    }
  };
  key.show = [](const ProjectionConfig& made) {
    return inline_table(made.options, [](const std::string& text) { return text; });
  };
  return key;
}

}  // namespace refold::engine
