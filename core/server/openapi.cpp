#include <map>

#include "core/base/json_writer.h"
#include "core/server/routes.h"

namespace refold::server {

namespace {

std::string lower(std::string text) {
  for (char& one : text) {
    if (one >= 'A' && one <= 'Z') one = static_cast<char>(one - 'A' + 'a');
  }
  return text;
}

void write_schema(JsonWriter& json, const ParameterSpec& spec) {
  json.key("schema").open('{');
  if (spec.repeated) json.field("type", "array").key("items").open('{');
  switch (spec.kind) {
    case ValueKind::text: json.field("type", "string"); break;
    case ValueKind::flag: json.field("type", "boolean"); break;
    case ValueKind::number: json.field("type", "integer").field("minimum", std::uint64_t{0}); break;
    case ValueKind::seconds: json.field("type", "number").field("minimum", std::uint64_t{0}); break;
  }
  if (spec.most != UINT64_MAX) json.field("maximum", spec.most);
  if (!spec.standard.empty()) json.key("default").value() += spec.standard;
  if (spec.repeated) json.close('}');
  json.close('}');
}

void write_parameters(JsonWriter& json, const Route& route) {
  json.key("parameters").open('[');
  for (std::size_t at = route.path.find('{'); at != std::string::npos;
       at = route.path.find('{', at + 1)) {
    const std::string name = route.path.substr(at + 1, route.path.find('}', at) - at - 1);
    json.open('{').field("name", name).field("in", "path").key("required").boolean(true);
    json.key("schema").open('{').field("type", "string").close('}').close('}');
  }
  for (const ParameterSpec& spec : route.parameters) {
    json.open('{').field("name", spec.name).field("in", "query");
    json.field("description", spec.description);
    if (spec.required) json.key("required").boolean(true);
    write_schema(json, spec);
    json.close('}');
  }
  if (route.other_parameters) {
    json.open('{').field("name", "parameters").field("in", "query").field("style", "form");
    json.field("description", "those of the query, by their names").key("explode").boolean(true);
    json.key("schema").open('{').field("type", "object").key("additionalProperties").open('{');
    json.field("type", "string").close('}').close('}').close('}');
  }
  json.close(']');
}

void write_refusal(JsonWriter& json, const std::string& status) {
  json.key(status).open('{').field("$ref", "#/components/responses/Refusal").close('}');
}

void write_responses(JsonWriter& json, const Route& route) {
  std::map<unsigned, bool> is_answer;
  for (const unsigned one : route.refusals) is_answer[one] = false;
  for (const unsigned one : {400U, 413U, 500U, 503U}) is_answer[one] = false;
  if (route.time.count() > 0) is_answer[504] = false;
  if (route.access != Access::everybody) {
    for (const unsigned one : {401U, 403U, 507U}) is_answer[one] = false;
  }
  for (const unsigned one : route.also) is_answer[one] = true;
  is_answer[route.status] = true;
  json.key("responses").open('{');
  for (const auto& [status, answers] : is_answer) {
    if (!answers) {
      write_refusal(json, std::to_string(status));
      continue;
    }
    json.key(std::to_string(status)).open('{').field("description", route.summary);
    json.key("content").open('{').key(route.gives).open('{').close('}').close('}').close('}');
  }
  json.close('}');
}

void write_operation(JsonWriter& json, const Route& route) {
  json.key(lower(route.method)).open('{').field("summary", route.summary);
  write_parameters(json, route);
  if (!route.takes.empty()) {
    json.key("requestBody").open('{').key("content").open('{').key(route.takes).open('{');
    json.close('}').close('}').close('}');
  }
  if (route.access == Access::admin) {
    json.key("security").open('[').open('{').key("token").open('[').close(']').close('}');
    json.close(']');
  }
  write_responses(json, route);
  json.close('}');
}

void write_components(JsonWriter& json) {
  json.key("components").open('{').key("securitySchemes").open('{').key("token").open('{');
  json.field("type", "http").field("scheme", "bearer").close('}').close('}');
  json.key("responses").open('{').key("Refusal").open('{');
  json.field("description", "Why not, in a sentence").key("content").open('{');
  json.key("application/json").open('{').key("schema").open('{').field("type", "object");
  json.key("required").open('[').text("error").text("message").close(']');
  json.key("properties").open('{');
  for (const char* const one : {"error", "message"}) {
    json.key(one).open('{').field("type", "string").close('}');
  }
  json.close('}').close('}').close('}').close('}').close('}').close('}').close('}');
}

}  // namespace

std::string openapi_json(const std::vector<Route>& routes) {
  std::map<std::string, std::vector<const Route*>> by_path;
  for (const Route& route : routes) {
    if (route.access != Access::local) by_path[route.path].push_back(&route);
  }
  std::string out;
  JsonWriter json(out);
  json.open('{').field("openapi", "3.1.0").key("info").open('{').field("title", "Refold");
  json.field("description", "What a running engine answers. GETs are answered as HEADs, too.");
  json.field("version", "1").close('}').key("paths").open('{');
  for (const auto& [path, operations] : by_path) {
    json.key(path).open('{');
    for (const Route* const one : operations) write_operation(json, *one);
    json.close('}');
  }
  json.close('}');
  write_components(json);
  json.close('}');
  return out;
}

}  // namespace refold::server
