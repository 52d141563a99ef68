#include "core/engine/config/read.h"

#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "core/base/characters.h"
#include "core/base/file.h"
#include "core/engine/config/checks.h"
#include "core/engine/config/elements.h"
#include "core/engine/config/keys.h"
#include "core/engine/config/secrets.h"
#include "core/ingest/sources.h"

namespace refold::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "REFOLD_";
/// Variables that are no keys: which file, and those of tests.
const std::vector<std::string> other_variables{"REFOLD_CONFIG", "REFOLD_CRASH_AT",
                                               "REFOLD_TEST_DATA"};

std::vector<std::string> key_names() {
  std::vector<std::string> names{"source", "projection"};
  for (const auto& key : config_keys()) names.push_back(key.name);
  return names;
}

/// What may have been meant by a key that there is not: one spelt like it, or one of that name in
/// another table.
std::string meant_by(const std::string& key) {
  const auto names = key_names();
  for (const std::string& name : names) {
    const std::string last = key.substr(key.rfind('.') + 1);
    if (name.ends_with("." + last)) return "; did you mean " + name + "?";
  }
  if (std::string near = suggestion(key, names); !near.empty()) return near;
  std::vector<std::string> tables;
  tables.reserve(names.size());
  for (const std::string& name : names) tables.push_back(name.substr(0, name.find('.')));
  return suggestion(key.substr(0, key.find('.')), tables);
}

bool is_table_of_keys(const std::string& name) {
  const auto& keys = config_keys();
  return std::any_of(keys.begin(), keys.end(),
                     [&](const auto& key) { return key.name.starts_with(name + "."); });
}

/// Takes in the members of a table called `above`.
void read_members(const Node& table, const std::string& above, Config& config, Reading& reading) {
  for (const Node::Member& member : table.members) {
    const std::string name = above.empty() ? member.key : above + "." + member.key;
    const auto& keys = config_keys();
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const auto& one) { return one.name == name; });
    if (key != keys.end()) {
      key->read(config, member.value, reading);
    } else if (name == "source") {
      read_sources(member, config, reading);
      if (config.sources.size() > ingest::sources_max) {
        reading.refuse(member.place, name,
                       "there are " + std::to_string(config.sources.size()) +
                           "; an engine follows " + std::to_string(ingest::sources_max) +
                           " at most");
      }
    } else if (name == "projection") {
      read_projections(member, config, reading);
    } else if (!is_table_of_keys(name)) {
      reading.refuse(member.place, escaped(name), "there is no such key" + meant_by(name));
    } else if (reading.table(member.value, name) != nullptr) {
      read_members(member.value, name, config, reading);
    }
  }
}

void read_environment(const Environment& environment, Config& config, Reading& reading) {
  for (const auto& key : config_keys()) {
    const auto found = environment.find(variable_of(key.name));
    if (found == environment.end()) continue;
    Node node;
    node.variable = found->first;
    node.text = found->second;
    if (key.from_environment) {
      key.read(config, node, reading);
    } else {
      reading.refuse(node, key.name, "this cannot be set by the environment: write it in the file");
    }
  }
}

/// The token, from wherever it is; and whether others can read it there.
void settle_secrets(const Node& root, const Environment& environment, Config& config,
                    Reading& reading) {
  const std::string key = "http.admin_token";
  const std::string file_key = "http.admin_token_file";
  const Node::Member* const http = root.find("http");
  const Node::Member* const written = http == nullptr ? nullptr : http->value.find("admin_token");
  if (written != nullptr && !written->value.text.empty() && !config.file.empty()) {
    if (std::string wrong = check_private(config.file); !wrong.empty()) {
      reading.refuse(written->place, key, wrong + ", or name a file of its own: " + file_key);
    }
  }
  if (config.http.admin_token_file.empty()) return;
  const Node::Member* const named =
      http == nullptr ? nullptr : http->value.find("admin_token_file");
  Node at;
  if (named != nullptr) at.place = named->value.place;
  if (environment.contains(variable_of(file_key))) at.variable = variable_of(file_key);
  if (!config.http.admin_token.empty()) {
    return reading.refuse(at, file_key,
                          "there is a token in " + key + " already: keep one of them");
  }
  auto token = read_secret(config.http.admin_token_file);
  if (token.has_error()) return reading.refuse(at, file_key, token.error().message);
  if (std::string wrong = check_token(*token); !wrong.empty()) {
    return reading.refuse(at, file_key, config.http.admin_token_file.string() + ": " + wrong);
  }
  config.http.admin_token = std::move(*token);
}

void check_places(const Node& root, Config& config, Reading& reading) {
  const Node::Member* const data = root.find("data");
  const Place place = data == nullptr ? Place{} : data->place;
  if (config.data.empty()) {
    return reading.refuse(place, "data", "the name of the data directory is empty");
  }
  if (config.socket().native().size() >= sizeof(sockaddr_un::sun_path)) {
    const Node::Member* const control = root.find("control");
    reading.refuse(control == nullptr ? place : control->place, "control.socket",
                   atproto::quoted(config.socket().native()) + " has " +
                       std::to_string(config.socket().native().size()) +
                       " bytes; the path of a socket has at most " +
                       std::to_string(sizeof(sockaddr_un::sun_path) - 1));
  }
}

ReadConfig finish(const Node& root, const fs::path& base, const Environment& environment,
                  Config config, Reading& reading) {
  read_members(root, {}, config, reading);
  read_environment(environment, config, reading);
  if (config.data.is_relative() && !config.data.empty()) config.data = base / config.data;
  settle_secrets(root, environment, config, reading);
  check_places(root, config, reading);
  ReadConfig read{std::move(config), std::move(reading.problems())};
  std::stable_sort(read.problems.begin(), read.problems.end(),
                   [](const auto& one, const auto& other) { return one.line < other.line; });
  return read;
}

}  // namespace

Result<std::string> config_text(const fs::path& file) {
  std::error_code failed;
  if (fs::is_directory(file, failed)) return invalid(file.string() + " is a folder");
  REFOLD_TRY(const File opened, File::open(file));
  REFOLD_TRY(const std::uint64_t size, opened.size());
  if (size > config_bytes_max) {
    return Error{Errc::too_large, file.string() + " has " + std::to_string(size) +
                                      " bytes: a configuration has at most " +
                                      std::to_string(config_bytes_max)};
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  REFOLD_CHECK(opened.read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  return text;
}

std::string ConfigProblem::text() const {
  return where + ": " + (key.empty() ? "" : key + ": ") + sentence;
}

std::string variable_of(std::string_view key) {
  std::string name(prefix);
  for (const char letter : key) {
    const bool lower = letter >= 'a' && letter <= 'z';
    name += letter == '.' ? '_' : lower ? static_cast<char>(letter - 'a' + 'A') : letter;
  }
  return name;
}

Environment environment_of_this_process() {
  Environment found;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
    const std::string_view entry(*one);
    const std::size_t sign = entry.find('=');
    if (!entry.starts_with(prefix) || sign == std::string_view::npos) continue;
    found.emplace(entry.substr(0, sign), entry.substr(sign + 1));
  }
  return found;
}

std::vector<std::string> unknown_variables(const Environment& environment) {
  std::set<std::string> known(other_variables.begin(), other_variables.end());
  for (const auto& key : config_keys()) known.insert(variable_of(key.name));
  std::vector<std::string> unknown;
  for (const auto& [name, value] : environment) {
    if (!known.contains(name)) unknown.push_back(name);
  }
  return unknown;
}

ReadConfig read_config(const fs::path& file, const Environment& environment) {
  std::error_code failed;
  const fs::path absolute = fs::absolute(file, failed).lexically_normal();
  Reading reading(file.string(), absolute.parent_path());
  const auto text = config_text(file);
  if (text.has_error()) {
    const bool none = text.error().code == Errc::not_found;
    reading.refuse(Place{}, {},
                   none ? "there is no such file: 'refold init' writes one" : text.error().message);
    return {{}, std::move(reading.problems())};
  }
  SyntaxError error;
  const auto root = parse_toml(*text, error);
  if (!root) {
    reading.refuse(error.place, {}, "this is not TOML: " + escaped(error.sentence));
    return {{}, std::move(reading.problems())};
  }
  Config config;
  config.file = absolute;
  return finish(*root, absolute.parent_path(), environment, std::move(config), reading);
}

ReadConfig default_config(const Environment& environment) {
  std::error_code failed;
  const fs::path here = fs::current_path(failed);
  Reading reading("the defaults", here);
  Node root;
  root.kind = Node::Kind::table;
  return finish(root, here, environment, {}, reading);
}

Result<Config> config_of(ReadConfig read) {
  if (read.problems.empty()) return std::move(read.config);
  std::string all;
  for (const ConfigProblem& one : read.problems) all += (all.empty() ? "" : "\n") + one.text();
  return invalid(std::move(all));
}

}  // namespace refold::engine
