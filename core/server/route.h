#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/net/http.h"
#include "core/projection/queries.h"
#include "core/server/reply.h"

namespace refold::server {

/// What the value of a parameter may be.
enum class ValueKind : std::uint8_t {
  text,
  number,   ///< whole, at least 0
  seconds,  ///< a decimal number, at least 0
  flag,     ///< "true" or "false"
};

/// A parameter of the query part of a route.
struct ParameterSpec {
  std::string name;
  ValueKind kind = ValueKind::text;
  std::string description;
  std::uint64_t most = UINT64_MAX;  ///< of a number, or of seconds
  std::string standard{};           ///< what it is if it is not given
  bool repeated = false;
  bool required = false;
};

/// A request that fits a route: its parameters are known to be as the route says.
struct Call {
  net::Request request;
  std::vector<net::Parameter> places;  ///< what stands for {name} in the path
  /// When it has to be answered; what waits for its turn waits on this time.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

  [[nodiscard]] const std::string& place(std::string_view name) const noexcept;
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const noexcept {
    return request.parameter(name);
  }
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t standard) const noexcept;
  [[nodiscard]] std::optional<double> seconds(std::string_view name) const noexcept;
  [[nodiscard]] bool flag(std::string_view name) const noexcept;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
};
using CallPointer = std::shared_ptr<Call>;

/// Who may call a route.
enum class Access : std::uint8_t {
  everybody,
  admin,  ///< who has the token, or came over the control socket
  local,  ///< over the control socket only
};

/// What a projection is asked.
struct Question {
  using Answer = std::function<net::Response(std::vector<std::string> texts)>;
  std::string projection{};
  std::string what{};  ///< for messages: "query 'top'"
  /// Begins; an Error if that is all.
  std::function<Result<void>(const projection::AskerPointer& asker)> ask{};
  /// Makes the response of what it answers, on the thread that answers.
  Answer answer{};
};

/// One thing that the server answers, and all that is said about it: what dispatches requests and
/// what is written into /openapi.json is this.
struct Route {
  std::string method;
  std::string path;  ///< "/projections/{projection}"
  std::string summary;
  Access access = Access::everybody;
  std::vector<ParameterSpec> parameters{};
  bool other_parameters = false;  ///< takes any others too: they are a query's
  /// It takes min_seq: the answer waits until the projection has come so far, for as long as
  /// `timeout` says, or else this. 0: it does not.
  std::chrono::milliseconds wait_time{0};
  /// How long the answer may take, with the time until it has its turn: then 504. 0: any time.
  std::chrono::milliseconds time{0};
  std::string takes{};                     ///< content type of a body; empty: takes none
  std::string gives = "application/json";  ///< content type of the answer
  unsigned status = 200;                   ///< of an answer
  std::vector<unsigned> also{};            ///< other statuses of what is an answer, and no refusal
  std::vector<unsigned> refusals{};        ///< statuses beside those, and those of all routes
  std::string_view
      lane{};  ///< which work it waits behind; empty: answers at once, without blocking
  std::function<std::string(const Call&)> projection{};  ///< whose work it waits behind instead

  /// Answers, with `status` unless it says one of `also`; what becomes of an Error: statuses.h. One
  /// of three.
  std::function<Result<net::Response>(const Call&)> answer{};
  /// Asks a projection, which answers when it can; without blocking.
  std::function<Result<Question>(const Call&)> question{};
  /// Answers by itself, on a thread of its own.
  std::function<void(const Call&, Reply&)> stream{};
};

/// A Response with this JSON.
[[nodiscard]] net::Response json_response(std::string json);

}  // namespace refold::server
