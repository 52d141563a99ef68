#include <algorithm>
#include <map>
#include <set>

#include "tests/server/fixture.h"

namespace refold::server {
namespace {

struct RouterTest : ServerTest {};

TEST_F(RouterTest, WhatIsNotThereIsRefusedInASentenceThatSaysWhatThereIs) {
  serve();
  EXPECT_THAT(get("/projektions"), Refuses(404, "/projections"));
  EXPECT_THAT(get("/"), Refuses(404, "/openapi.json"));
  EXPECT_THAT(get("/projections/"), Refuses(404, "there is no"));
  EXPECT_THAT(get("/log/stat?limt=3"), Refuses(400, "limt"));
  EXPECT_THAT(get("/log/events?limt=3"), Refuses(400, "limit"));
  EXPECT_THAT(get("/log/events?limit=3&limit=4"), Refuses(400, "twice"));
  EXPECT_THAT(get("/log/events?history=yes"), Refuses(400, "neither true nor false"));
  auto with_body = request("GET", "/log/stat");
  with_body.body = "x";
  EXPECT_THAT(ask(with_body), Refuses(400, "no body"));
}

TEST_F(RouterTest, AWrongMethodIsToldTheRightOnes) {
  serve();
  const auto response = ask(request("DELETE", "/log/stat"));
  EXPECT_THAT(response, Refuses(405, "GET, HEAD, OPTIONS"));
  EXPECT_EQ(header(response, "Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(header(ask(request("OPTIONS", "/log/stat")), "Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(RouterTest, AHeadIsAnsweredAsAGet) {
  serve();
  const auto response = ask(request("HEAD", "/healthz"));
  EXPECT_EQ(response.status, 200U);
  // Its length is told; the body is left out where it is sent.
  EXPECT_EQ(response.body, get("/healthz").body);
  // It would never end.
  EXPECT_EQ(ask(request("HEAD", "/log/follow")).status, 200U);
}

TEST_F(RouterTest, AdministrationTakesTheTokenOrTheControlSocket) {
  serve();
  auto asked = request("POST", "/admin/projections/nobody/pause");
  auto none = ask(asked);
  EXPECT_THAT(none, Refuses(401, "Authorization: Bearer"));
  EXPECT_EQ(header(none, "WWW-Authenticate"), "Bearer");
  for (const char* const wrong : {"Bearer secre", "Bearer secrets", "Bearer ", "Basic secret"}) {
    asked.headers = {{"Authorization", wrong}};
    EXPECT_EQ(ask(asked).status, 401U) << wrong;
  }
  asked.headers = {{"Authorization", "Bearer secret"}};
  EXPECT_THAT(ask(asked), Refuses(404, "nobody"));
  asked.headers.clear();
  asked.local = true;
  EXPECT_THAT(ask(asked), Refuses(404, "nobody"));
}

TEST_F(RouterTest, WithoutATokenInTheConfigurationNobodyIsLetInOverTcp) {
  server_options.router.admin_token.clear();
  serve();
  auto asked = request("POST", "/admin/stop");
  asked.headers = {{"Authorization", "Bearer "}};
  EXPECT_THAT(ask(asked), Refuses(403, "control socket"));
}

TEST_F(RouterTest, CommandsComeOverTheControlSocketOnlyWhateverTheToken) {
  serve();
  EXPECT_THAT(post("/control/commands"), Refuses(403, "control socket only"));
}

TEST_F(RouterTest, PagesOfAllowedOriginsMayReadAnswersAndNoOthers) {
  server_options.router.cors_origins = {"https://good.example"};
  serve();
  auto asked = request("GET", "/healthz");
  asked.headers = {{"Origin", "https://good.example"}};
  EXPECT_EQ(header(ask(asked), "Access-Control-Allow-Origin"), "https://good.example");
  asked.headers = {{"Origin", "https://evil.example"}};
  EXPECT_EQ(header(ask(asked), "Access-Control-Allow-Origin"), "(none)");
  EXPECT_EQ(header(ask(asked), "Vary"), "Origin");
  auto before = request("OPTIONS", "/admin/jobs");
  before.headers = {{"Origin", "https://good.example"}, {"Access-Control-Request-Method", "GET"}};
  EXPECT_THAT(header(ask(before), "Access-Control-Allow-Headers"), HasSubstr("Authorization"));
}

TEST_F(RouterTest, AServerThatStopsSaysSo) {
  serve();
  server->stop();
  EXPECT_THAT(get("/healthz"), Refuses(503, "stopping"));
}

/// A request that fits a route as far as the document says: paths of a projection that is there,
/// parameters that are required.
std::string sample_target(std::string path, const simdjson::dom::element& operation) {
  const std::pair<std::string, std::string> places[] = {{"{projection}", "tally"},
                                                        {"{table}", "rows"},
                                                        {"{query}", "all"},
                                                        {"{seq}", "1"},
                                                        {"{job}", "1"},
                                                        {"{nsid}", "com.example.none"}};
  for (const auto& [place, value] : places) {
    if (const auto at = path.find(place); at != std::string::npos) {
      path.replace(at, place.size(), value);
    }
  }
  for (const auto parameter : operation["parameters"].get_array()) {
    bool required = false;
    if (parameter["required"].get(required) != simdjson::SUCCESS || !required) continue;
    if (std::string_view(parameter["in"]) != "query") continue;
    const std::string_view type = parameter["schema"]["type"];
    path += path.find('?') == std::string::npos ? '?' : '&';
    path += std::string(std::string_view(parameter["name"])) + "=" +
            (type == "boolean"   ? "true"
             : type == "integer" ? "1"
                                 : "x");
  }
  return path;
}

/// What the sample of an operation is refused by; everything else does what it says.
const std::map<std::string, unsigned> refused_samples = {
    {"get /admin/jobs/{job}", 404},
    {"get /admin/jobs/{job}/follow", 404},
    {"post /admin/jobs/{job}/cancel", 404},
    {"post /admin/plugins/load", 404},
    {"post /admin/reload", 503},
    {"post /admin/projections/{projection}/rollback", 404},
    {"post /admin/projections/{projection}/skip", 400},
    {"post /admin/stop", 503},
    {"get /xrpc/{nsid}", 501},
};

TEST_F(RouterTest, EveryOperationOfTheDocumentIsThereAndAnswersAsItSays) {
  post_some("alice", 3);
  load("tally");
  catch_up("tally");
  serve();
  const std::string document = get("/openapi.json").body;
  simdjson::dom::parser parser;
  const auto root = parser.parse(document);
  ASSERT_EQ(root.error(), simdjson::SUCCESS) << document;
  EXPECT_EQ(text_of(root["openapi"].value()), "\"3.1.0\"");
  std::set<std::string> seen;
  std::vector<std::pair<std::string, simdjson::dom::element>> last_ones;
  const auto call = [&](const std::string& path, std::string_view method,
                        const simdjson::dom::element& operation) {
    auto asked = request(method == "get" ? "GET" : "POST", sample_target(path, operation));
    const bool admin = operation["security"].error() == simdjson::SUCCESS;
    if (admin) {
      EXPECT_EQ(ask(asked).status, 401U) << path;
      asked.headers = {{"Authorization", "Bearer secret"}};
    }
    const auto heard = begin(asked);
    const auto response = heard->wait();
    heard->leave();
    const std::string status = std::to_string(response.status);
    EXPECT_EQ(operation["responses"].at_key(status).error(), simdjson::SUCCESS)
        << path << " has answered " << response.status << " " << response.body;
    if (response.status < 300) {
      EXPECT_EQ(operation["responses"][status]["content"].at_key(response.content_type).error(),
                simdjson::SUCCESS)
          << path << " " << response.content_type;
    }
    const std::string name = std::string(method) + " " + path;
    const auto refusal = refused_samples.find(name);
    if (refusal == refused_samples.end()) {
      EXPECT_LT(response.status, 300U) << name << " " << response.body;
    } else {
      EXPECT_EQ(response.status, refusal->second) << name << " " << response.body;
    }
    seen.insert(name);
  };
  for (const auto [path, operations] : root["paths"].get_object()) {
    for (const auto [method, operation] : operations.get_object()) {
      const std::string name(path);
      // What ends the projection comes last.
      if (name.ends_with("/unload")) {
        last_ones.emplace_back(name, operation);
      } else {
        call(name, method, operation);
      }
    }
  }
  EXPECT_TRUE(comes_true([&] {
    const auto jobs = server->jobs().list();
    return std::none_of(jobs.begin(), jobs.end(),
                        [](const JobStatus& one) { return one.state == JobState::running; });
  }));
  for (const auto& [path, operation] : last_ones) call(path, "post", operation);
  EXPECT_GE(seen.size(), 30U);
  EXPECT_TRUE(seen.contains("get /projections/{projection}/query/{query}"));
}

TEST_F(RouterTest, TheDocumentTellsAnswersFromRefusals) {
  serve();
  simdjson::dom::parser parser;
  const std::string document = server->openapi();
  const auto paths = parser.parse(document)["paths"];
  const auto unready = paths["/readyz"]["get"]["responses"]["503"];
  EXPECT_EQ(unready["content"].error(), simdjson::SUCCESS);
  const auto verify = paths["/admin/projections/{projection}/verify"]["post"]["responses"];
  EXPECT_EQ(verify["202"]["content"].error(), simdjson::SUCCESS);
  EXPECT_NE(verify["200"].error(), simdjson::SUCCESS);
  EXPECT_EQ(verify["507"]["$ref"].error(), simdjson::SUCCESS);
}

TEST_F(RouterTest, WhatIsRefusedIsCountedToo) {
  serve();
  (void)get("/nothing");
  (void)get("/log/stat?no=1");
  (void)ask(request("POST", "/admin/reload"));
  EXPECT_THAT(get("/metrics").body,
              HasSubstr("refold_http_requests_total{route=\"other\",status=\"4xx\"} 3\n"));
}

}  // namespace
}  // namespace refold::server
