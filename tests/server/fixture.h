#pragma once

#include <gmock/gmock.h>
#include <simdjson.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "core/server/server.h"
#include "tests/projection/fixture.h"

namespace refold::server {

using namespace std::chrono_literals;
using namespace refold::testing;
using projection::comes_true;
using projection::good;
using ::testing::HasSubstr;

/// What came as the answer to one request.
class Heard final : public Reply {
 public:
  /// The pieces of a stream, as its client sees them.
  struct Pieces {
    std::mutex mutex;
    std::string text;
    bool ended = false;
    bool left = false;  ///< by the client
  };

  void send(net::Response response) override { keep(std::move(response)); }
  std::unique_ptr<Stream> stream(net::Response head) override {
    {
      const std::lock_guard lock(pieces_->mutex);
      pieces_->text = head.body;
    }
    keep(std::move(head));
    return std::make_unique<Written>(pieces_);
  }
  [[nodiscard]] bool gone() const override { return false; }

  [[nodiscard]] bool answered() const {
    const std::lock_guard lock(mutex_);
    return response_.has_value();
  }
  [[nodiscard]] net::Response wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 60s, [&] { return response_.has_value(); })) {
      return {0, "", {}, "no answer"};
    }
    return *response_;
  }
  [[nodiscard]] std::string streamed() const {
    const std::lock_guard lock(pieces_->mutex);
    return pieces_->text;
  }
  [[nodiscard]] bool ended() const {
    const std::lock_guard lock(pieces_->mutex);
    return pieces_->ended;
  }
  void leave() {
    const std::lock_guard lock(pieces_->mutex);
    pieces_->left = true;
  }

 private:
  class Written final : public Stream {
   public:
    explicit Written(std::shared_ptr<Pieces> pieces) : pieces_(std::move(pieces)) {}
    ~Written() override {
      const std::lock_guard lock(pieces_->mutex);
      pieces_->ended = true;
    }
    bool write(std::string text) override {
      const std::lock_guard lock(pieces_->mutex);
      if (!pieces_->left) pieces_->text += text;
      return !pieces_->left;
    }
    bool wait_gone(std::chrono::milliseconds) override {
      const std::lock_guard lock(pieces_->mutex);
      return pieces_->left;
    }

   private:
    std::shared_ptr<Pieces> pieces_;
  };

  void keep(net::Response response) {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(response_) << "answered twice";
    response_ = std::move(response);
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<net::Response> response_;
  std::shared_ptr<Pieces> pieces_ = std::make_shared<Pieces>();
};

/// A server over projections over a fresh log.
struct ServerTest : projection::ProjectionTest {
  ServerOptions server_options;
  ServerLimits server_limits;
  std::function<std::vector<std::string>()> not_ready;
  std::function<std::vector<std::string>()> notes;
  std::unique_ptr<Server> server;

  ServerTest() {
    server_options.router.admin_token = "secret";
    server_options.query_time = server_options.wait_time = 60s;
  }
  ~ServerTest() override { server.reset(); }

  void serve() {
    if (!projections) open();
    Services services{recorder->log(), *projections};
    services.recorder = recorder.get();
    services.not_ready = not_ready;
    services.notes = notes;
    server = std::make_unique<Server>(std::move(services), server_options, server_limits);
  }

  static net::Request request(const std::string& method, const std::string& target) {
    const auto parsed = net::parse_target(target).value();
    net::Request made;
    made.method = method;
    made.path = parsed.path;
    made.parameters = parsed.parameters;
    made.peer = "127.0.0.1:4711";
    return made;
  }
  std::shared_ptr<Heard> begin(net::Request asked) const {
    auto heard = std::make_shared<Heard>();
    server->handle(std::move(asked), heard);
    return heard;
  }
  [[nodiscard]] net::Response ask(net::Request asked) const {
    return begin(std::move(asked))->wait();
  }
  [[nodiscard]] net::Response get(const std::string& target) const {
    return ask(request("GET", target));
  }
  [[nodiscard]] net::Response post(const std::string& target) const {
    net::Request asked = request("POST", target);
    asked.headers.push_back({"Authorization", "Bearer secret"});
    return ask(std::move(asked));
  }
  static std::string header(const net::Response& response, std::string_view name) {
    return std::string(net::find_header(response.headers, name).value_or("(none)"));
  }

  /// The JSON of an answer; until the next call.
  simdjson::dom::element json(const net::Response& response) {
    text_ = response.body;
    simdjson::dom::element root;
    const auto error = parser_.parse(text_).get(root);
    EXPECT_EQ(error, simdjson::SUCCESS) << response.status << " " << response.body;
    return root;
  }
  static std::string text_of(const simdjson::dom::element& element) {
    return simdjson::minify(element);
  }

 private:
  simdjson::dom::parser parser_;
  std::string text_;
};

/// An answer that refuses, with this status and these words in its sentence.
MATCHER_P2(Refuses, status, words, "") {
  *result_listener << arg.status << " " << arg.body;
  return arg.status == static_cast<unsigned>(status) && arg.body.find(words) != std::string::npos &&
         arg.body.find("\"error\":\"") != std::string::npos;
}

}  // namespace refold::server
