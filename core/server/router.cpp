#include "core/server/router.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/atproto/quote.h"
#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/server/statuses.h"

namespace refold::server {

namespace {

constexpr std::string_view cors_methods = "GET, HEAD, POST, OPTIONS";
constexpr std::string_view cors_request_headers = "Authorization, Content-Type";
constexpr std::string_view cors_answer_headers = "Refold-Seq, Retry-After";
constexpr std::string_view cors_seconds_max = "600";

std::vector<std::string> pieces_of(std::string_view path) {
  std::vector<std::string> pieces;
  while (!path.empty()) {
    path.remove_prefix(1);  // the '/'
    const auto end = std::min(path.find('/'), path.size());
    pieces.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return pieces;
}

bool is_place(const std::string& piece) { return piece.starts_with('{'); }

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// An answer with headers added.
class Dressed final : public Reply {
 public:
  Dressed(ReplyPointer reply, std::vector<net::Header> headers)
      : reply_(std::move(reply)), headers_(std::move(headers)) {}

  void send(net::Response response) override {
    dress(response);
    reply_->send(std::move(response));
  }
  std::unique_ptr<Stream> stream(net::Response head) override {
    dress(head);
    return reply_->stream(std::move(head));
  }
  [[nodiscard]] bool gone() const override { return reply_->gone(); }

 private:
  void dress(net::Response& response) {
    // Answers are those of a moment.
    if (!net::find_header(response.headers, "Cache-Control")) {
      response.headers.push_back({"Cache-Control", "no-cache"});
    }
    response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
  }

  ReplyPointer reply_;
  std::vector<net::Header> headers_;
};

/// What is wrong with the value of a parameter; empty: nothing.
std::string complaint_of(const ParameterSpec& spec, std::string_view value) {
  const std::string is = "the parameter " + spec.name + ": " + atproto::quoted(value) + " is ";
  switch (spec.kind) {
    case ValueKind::text: return "";
    case ValueKind::flag:
      return value == "true" || value == "false" ? "" : is + "neither true nor false";
    case ValueKind::number: {
      std::uint64_t number = 0;
      const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
      if (read.ec != std::errc{} || read.ptr != value.data() + value.size()) {
        return is + "not a whole number";
      }
      return number <= spec.most ? "" : is + "more than " + std::to_string(spec.most);
    }
    case ValueKind::seconds: {
      double number = 0;
      const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
      const bool good = read.ec == std::errc{} && read.ptr == value.data() + value.size() &&
                        std::isfinite(number) && number >= 0;
      if (!good) return is + "not a number of seconds (1.5)";
      return number <= static_cast<double>(spec.most)
                 ? ""
                 : is + "more than " + std::to_string(spec.most) + " seconds";
    }
  }
  return "";
}

/// What is wrong with the parameters of a request; empty: nothing.
std::string complaint_of(const Route& route, const net::Request& request) {
  for (const net::Parameter& given : request.parameters) {
    const auto spec =
        std::find_if(route.parameters.begin(), route.parameters.end(),
                     [&](const ParameterSpec& one) { return one.name == given.name; });
    if (spec != route.parameters.end()) {
      const auto count = std::count_if(request.parameters.begin(), request.parameters.end(),
                                       [&](const auto& one) { return one.name == given.name; });
      if (count > 1 && !spec->repeated) return "the parameter " + spec->name + " is there twice";
      std::string complaint = complaint_of(*spec, given.value);
      if (!complaint.empty()) return complaint;
      continue;
    }
    if (route.other_parameters) continue;
    std::vector<std::string> names;
    for (const ParameterSpec& one : route.parameters) names.push_back(one.name);
    return route.path + " has no parameter " + atproto::quoted(given.name) +
           (names.empty() ? "" : ", but " + listed(names));
  }
  for (const ParameterSpec& spec : route.parameters) {
    if (spec.required && !request.parameter(spec.name)) {
      return "the parameter " + spec.name + " is missing: " + spec.description;
    }
  }
  if (!request.body.empty() && route.takes.empty()) {
    return route.method + " " + route.path + " takes no body";
  }
  return "";
}

}  // namespace

bool is_xrpc(std::string_view path) noexcept { return path.starts_with("/xrpc/"); }

Router::Router(std::vector<Route> routes, RouterOptions options)
    : routes_(std::move(routes)), options_(std::move(options)) {
  for (const Route& route : routes_) patterns_.push_back(pieces_of(route.path));
}

Router::Match Router::match(const std::string& method, const std::string& path) const {
  Match best;
  const std::vector<std::string> pieces = pieces_of(path);
  std::size_t fewest_places = SIZE_MAX;
  for (std::size_t at = 0; at < routes_.size(); ++at) {
    const auto& pattern = patterns_[at];
    if (pattern.size() != pieces.size()) continue;
    std::vector<net::Parameter> places;
    bool fits = true;
    for (std::size_t piece = 0; fits && piece < pieces.size(); ++piece) {
      if (is_place(pattern[piece])) {
        const std::string_view name = pattern[piece];
        fits = !pieces[piece].empty();
        places.push_back({std::string(name.substr(1, name.size() - 2)), pieces[piece]});
      } else {
        fits = pattern[piece] == pieces[piece];
      }
    }
    if (!fits) continue;
    best.methods.push_back(routes_[at].method);
    // The one that says most of the path: /xrpc/com.example.top before /xrpc/{nsid}.
    if (routes_[at].method != method || places.size() >= fewest_places) continue;
    fewest_places = places.size();
    best.route = &routes_[at];
    best.places = std::move(places);
  }
  if (std::count(best.methods.begin(), best.methods.end(), "GET") > 0) {
    best.methods.emplace_back("HEAD");
  }
  if (!best.methods.empty()) best.methods.emplace_back("OPTIONS");
  std::sort(best.methods.begin(), best.methods.end());
  best.methods.erase(std::unique(best.methods.begin(), best.methods.end()), best.methods.end());
  return best;
}

net::Response Router::refuse(const net::Request& request, const Match& match) const {
  const bool xrpc = is_xrpc(request.path);
  if (!match.methods.empty()) {
    auto response = refusal(405, xrpc ? "InvalidRequest" : "method_not_allowed",
                            atproto::quoted(request.path) + " takes " + listed(match.methods) +
                                ", not " + atproto::quoted(request.method));
    response.headers.push_back({"Allow", listed(match.methods)});
    return response;
  }
  std::vector<std::string> firsts;
  for (const auto& pattern : patterns_) {
    const std::string first = "/" + pattern.front();
    if (std::find(firsts.begin(), firsts.end(), first) == firsts.end()) firsts.push_back(first);
  }
  return refusal(404, xrpc ? "NotFound" : "not_found",
                 "there is no " + atproto::quoted(request.path) + "; there is something at " +
                     listed(firsts) + ": see /openapi.json");
}

std::optional<net::Response> Router::refuse_access(const Route& route,
                                                   const net::Request& request) const {
  if (route.access == Access::everybody || request.local) return std::nullopt;
  if (route.access == Access::local) {
    return refusal(403, "forbidden", route.path + " is for the control socket only");
  }
  if (options_.admin_token.empty()) {
    return refusal(403, "forbidden",
                   "administration over HTTP is off: set an admin token in the configuration, or "
                   "use the control socket");
  }
  const auto token = request.bearer_token();
  // Of digests, so that the time it takes says nothing about the token.
  if (token && sha256(bytes_of(*token)) == sha256(bytes_of(options_.admin_token))) {
    return std::nullopt;
  }
  auto response = refusal(401, "unauthorized",
                          token ? "this is not the admin token"
                                : "an admin token is needed: Authorization: Bearer TOKEN");
  response.headers.push_back({"WWW-Authenticate", "Bearer"});
  return response;
}

std::vector<net::Header> Router::cors_headers(const net::Request& request) const {
  const auto origin = request.header("Origin");
  const auto allowed = [&](const std::string& one) { return one == "*" || one == *origin; };
  if (options_.cors_origins.empty()) return {};
  const bool fits =
      origin && std::any_of(options_.cors_origins.begin(), options_.cors_origins.end(), allowed);
  if (!fits) return {{"Vary", "Origin"}};
  return {{"Vary", "Origin"},
          {"Access-Control-Allow-Origin", std::string(*origin)},
          {"Access-Control-Expose-Headers", std::string(cors_answer_headers)}};
}

void Router::handle(net::Request request, ReplyPointer reply, const Run& run) const {
  const bool head = request.method == "HEAD";
  const std::string method = head ? "GET" : request.method;
  reply = std::make_shared<Dressed>(std::move(reply), cors_headers(request));
  Match found = match(method, request.path);
  if (method == "OPTIONS" && !found.methods.empty()) {
    net::Response response{204, "", {{"Allow", listed(found.methods)}}, ""};
    if (request.header("Access-Control-Request-Method") && !options_.cors_origins.empty()) {
      response.headers.push_back({"Access-Control-Allow-Methods", std::string(cors_methods)});
      response.headers.push_back(
          {"Access-Control-Allow-Headers", std::string(cors_request_headers)});
      response.headers.push_back({"Access-Control-Max-Age", std::string(cors_seconds_max)});
    }
    return reply->send(std::move(response));
  }
  if (found.route == nullptr) return reply->send(refuse(request, found));
  if (auto refused = refuse_access(*found.route, request)) return reply->send(std::move(*refused));
  if (const std::string complaint = complaint_of(*found.route, request); !complaint.empty()) {
    return reply->send(error_response(invalid(complaint), is_xrpc(request.path)));
  }
  if (head && found.route->stream) {
    return reply->send({200, found.route->gives, {}, ""});
  }
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->places = std::move(found.places);
  run(*found.route, std::move(call), std::move(reply));
}

}  // namespace refold::server
