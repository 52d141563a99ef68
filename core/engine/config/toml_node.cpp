// NOLINTBEGIN(readability-identifier-naming)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
// NOLINTEND(readability-identifier-naming)
#include <toml++/toml.h>

#include "core/engine/config/node.h"

namespace refold::engine {
namespace {

Place place_of(const toml::source_position& at) { return {at.line, at.column}; }

Node node_of(const toml::node& from);

void add_members(const toml::table& from, Node& to) {
  for (auto&& [key, value] : from) {
    to.members.push_back({std::string(key.str()), place_of(key.source().begin), node_of(value)});
  }
}

Node node_of(const toml::node& from) {
  Node node;
  node.place = place_of(from.source().begin);
  if (const auto* const text = from.as_string()) {
    node.text = text->get();
  } else if (const auto* const integer = from.as_integer()) {
    node.kind = Node::Kind::integer;
    node.integer = integer->get();
  } else if (const auto* const boolean = from.as_boolean()) {
    node.kind = Node::Kind::boolean;
    node.boolean = boolean->get();
  } else if (const auto* const list = from.as_array()) {
    node.kind = Node::Kind::list;
    for (const toml::node& item : *list) node.items.push_back(node_of(item));
  } else if (const auto* const table = from.as_table()) {
    node.kind = Node::Kind::table;
    add_members(*table, node);
  } else {
    node.kind = Node::Kind::other;
  }
  return node;
}

}  // namespace

std::optional<Node> parse_toml(std::string_view text, SyntaxError& error) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    error.place = place_of(parsed.error().source().begin);
    error.sentence = std::string(parsed.error().description());
    return std::nullopt;
  }
  Node root;
  root.kind = Node::Kind::table;
  add_members(parsed.table(), root);
  return root;
}

}  // namespace refold::engine
