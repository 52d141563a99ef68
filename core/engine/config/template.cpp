#include "core/engine/config/template.h"

#include <string_view>

#include "core/engine/config/keys.h"

namespace refold::engine {
namespace {

constexpr std::size_t line_columns = 100;

constexpr std::string_view heading =
    "# The configuration of a Refold engine: 'refold run' reads it, and again at SIGHUP.\n"
    "#\n"
    "# Every key is here with its default. Sizes are numbers or \"64KiB\", \"1GiB\"; times are "
    "\"30s\",\n"
    "# \"5min\". Paths are relative to this file. The environment wins over it: "
    "REFOLD_HTTP_LISTEN\n"
    "# is http.listen, and so on for every key outside of [[source]] and [[projection]].\n";

constexpr std::string_view source_example =
    "# Where events come from. One such table for each source; this is an example.\n"
    "#\n"
    "# [[source]]\n"
    "# name = \"bluesky\"\n"
    "# kind = \"jetstream\"\n"
    "# url = \"wss://jetstream2.us-east.bsky.network/subscribe\"\n"
    "# collections = [\"app.bsky.feed.post\", \"app.bsky.graph.*\"]\n";

constexpr std::string_view projection_example =
    "# What is made of them. One such table for each projection; this is an example.\n"
    "#\n"
    "# [[projection]]\n"
    "# name = \"likes\"\n"
    "# plugin = \"plugins/likes.so\"\n"
    "# options = { limit = 100 }\n";

/// `text` as comment lines.
std::string commented(std::string_view text) {
  std::string out = "#";
  std::size_t column = 1;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (column + 1 + space > line_columns) {
      out += "\n#";
      column = 1;
    }
    out += " ";
    out += text.substr(0, space);
    column += 1 + space;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return out + "\n";
}

std::string table_of(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string::npos ? std::string() : key.substr(0, dot);
}

std::string last_of(const std::string& key) { return key.substr(key.rfind('.') + 1); }

/// A key as its example or its reference shows it: the default, or nothing if it must be given.
template <class Of>
std::string shown_default(const Key<Of>& key) {
  const bool needed = key.name == "name" || key.name == "plugin" || key.name == "kind";
  return needed ? std::string("must be given") : "`" + key.show(Of{}) + "`";
}

template <class Of>
std::string element_keys(const std::vector<Key<Of>>& keys) {
  std::string out = "# Its keys:\n";
  for (const auto& key : keys) out += commented("  " + key.name + ": " + key.summary);
  return out;
}

std::string_view name_of(Applies applies) {
  return applies == Applies::at_once ? "reload" : "restart";
}

template <class Of>
std::string reference_rows(const std::vector<Key<Of>>& keys) {
  std::string out = "| key | default | applies by | what |\n|---|---|---|---|\n";
  for (const auto& key : keys) {
    out += "| `" + key.name + "` | " + shown_default(key) + " | " +
           std::string(name_of(key.applies)) + " | " + key.summary + " |\n";
  }
  return out;
}

}  // namespace

std::string config_template() {
  std::string out(heading);
  const Config defaults;
  std::string table;
  for (const auto& key : config_keys()) {
    if (table_of(key.name) != table) {
      table = table_of(key.name);
      out += "\n[" + table + "]\n";
    }
    out += "\n" + commented(key.summary);
    if (key.applies == Applies::restart) out += commented("A change needs a restart.");
    out += "#" + last_of(key.name) + " = " + key.show(defaults) + "\n";
  }
  out += "\n" + std::string(source_example) + "#\n" + element_keys(source_keys());
  out += "\n" + std::string(projection_example) + "#\n" + element_keys(projection_keys());
  return out;
}

std::string config_reference() {
  return reference_rows(config_keys()) + "\n`[[source]]`, any number of them:\n\n" +
         reference_rows(source_keys()) + "\n`[[projection]]`, any number of them:\n\n" +
         reference_rows(projection_keys());
}

}  // namespace refold::engine
