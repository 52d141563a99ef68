#include "core/ingest/backfill/asker.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <random>

#include "core/base/characters.h"

namespace refold::ingest {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t hosts_left_alone_max = 10'000;
constexpr std::size_t words_bytes_max = 200;

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  return whole && number >= 0 ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> date_in(std::string_view text) {
  tm parts{};
  if (::strptime(std::string(text).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr)
    return std::nullopt;
  return ::timegm(&parts);
}

/// The body of an XRPC error.
struct XrpcError {
  std::string name;
  std::string message;
};

XrpcError xrpc_error_in(const std::string& body) {
  simdjson::dom::parser parser;
  XrpcError found;
  std::string_view text;
  simdjson::dom::element root;
  if (parser.parse(body).get(root) != simdjson::SUCCESS) return found;
  if (root["error"].get(text) == simdjson::SUCCESS) found.name = text.substr(0, words_bytes_max);
  if (root["message"].get(text) == simdjson::SUCCESS) {
    found.message = text.substr(0, words_bytes_max);
  }
  return found;
}

Fault fault_of(unsigned status, const std::string& error) {
  if (error == "RepoNotFound") return Fault::not_found;
  if (error == "RepoDeactivated") return Fault::deactivated;
  if (error == "RepoTakendown") return Fault::taken_down;
  if (error == "RepoSuspended") return Fault::suspended;
  if (status == 429) return Fault::rate_limited;
  if (status == 404 || status == 410) return Fault::not_found;
  // 501 is "never": asking again does not help.
  return status >= 500 && status != 501 ? Fault::unavailable : Fault::refused;
}

Fault fault_of(Errc code) {
  switch (code) {
    case Errc::too_large: return Fault::too_large;
    case Errc::invalid: return Fault::bad_answer;
    default: return Fault::unreachable;
  }
}

}  // namespace

seconds wanted_pause(const std::vector<net::Header>& headers, std::int64_t now_seconds) {
  constexpr std::int64_t looks_like_a_time = 1'000'000'000;
  std::int64_t wanted = 0;
  if (const auto after = net::find_header(headers, "retry-after")) {
    if (const auto number = number_in(*after)) {
      wanted = *number;
    } else if (const auto date = date_in(*after)) {
      wanted = *date - now_seconds;
    }
  } else if (const auto reset = net::find_header(headers, "ratelimit-reset")) {
    // The standard counts from now, the reference server since 1970.
    wanted = number_in(*reset).value_or(0);
    if (wanted >= looks_like_a_time) wanted -= now_seconds;
  }
  return seconds(std::clamp<std::int64_t>(wanted, 0, 86'400));
}

Asker::Asker(net::Runtime& runtime, const AskerOptions& options, std::stop_token stop)
    : options_(options), stop_(std::move(stop)), client_(runtime, [&] {
        net::HttpClientOptions made;
        made.peer = options.peer;
        return made;
      }()) {}

/// What came of asking once.
struct Asker::Try {
  std::optional<FetchError> error;
  bool again = false;     ///< it may be different next time
  milliseconds pause{0};  ///< that the host wants
};

Fetched<void> Asker::get(const net::Url& url, std::size_t bytes_max, Spool& into,
                         Question* question) {
  net::Backoff backoff(options_.backoff, std::random_device{}());
  Question patient;
  Question& asking = question != nullptr ? *question : patient;
  for (;;) {
    auto until = Clock::time_point::max();
    if (question != nullptr) until = Clock::now() + options_.patience;
    if (!wait_for_turn(url.origin(), until)) {
      if (stop_.stop_requested()) return FetchError{Fault::stopped, "it was stopped"};
      asking.not_before = until;
      return FetchError{Fault::later, url.authority() + " wants to be left alone"};
    }
    into.clear();
    Try made = once(url, bytes_max, into);
    if (!made.error) return {};
    if (stop_.stop_requested()) return FetchError{Fault::stopped, "it was stopped"};
    const bool by_limit = made.error->fault == Fault::rate_limited;
    const bool last = by_limit ? ++asking.limited >= options_.limited_tries_max
                               : backoff.failures() + 1 >= options_.tries_max;
    if (!made.again || last) return std::move(*made.error);
    const milliseconds own = backoff.next();
    if (by_limit || made.pause.count() > 0) {
      const milliseconds most = options_.pause_max;
      leave_alone(url.origin(), std::min(std::max(made.pause, own), most));
    } else if (!sleep_until(Clock::now() + own)) {
      return FetchError{Fault::stopped, "it was stopped"};
    }
  }
}

Asker::Try Asker::once(const net::Url& url, std::size_t bytes_max, Spool& into) {
  net::Ask ask;
  ask.url = url;
  ask.body_bytes_max = bytes_max;
  ask.total_time = options_.total_time;
  bool spool_failed = false;
  const auto keep = [&](ByteView piece) {
    bytes_.fetch_add(piece.size(), std::memory_order_relaxed);
    auto added = into.add(piece);
    spool_failed = added.has_error();
    return added;
  };
  Try made;
  const auto started = Clock::now();
  const auto answer = client_.download(ask, keep, stop_);
  if (answer.has_error()) {
    const Fault fault = spool_failed ? Fault::failed : fault_of(answer.error().code);
    made.error = FetchError{fault, escaped(answer.error().message)};
    made.again = fault == Fault::unreachable && Clock::now() - started < options_.slow_time;
    return made;
  }
  if (answer->status / 100 == 2) return made;
  const XrpcError said = xrpc_error_in(answer->body);
  const Fault fault = fault_of(answer->status, said.name);
  std::string message = url.authority() + " answers " + std::to_string(answer->status);
  if (!said.name.empty()) message += " " + escaped(said.name);
  if (!said.message.empty()) message += ": " + escaped(said.message);
  made.error = FetchError{fault, std::move(message)};
  made.again = fault == Fault::rate_limited || fault == Fault::unavailable;
  if (made.again) made.pause = wanted_pause(answer->headers, std::time(nullptr));
  return made;
}

bool Asker::wait_for_turn(const std::string& origin, Clock::time_point& latest) {
  for (;;) {
    Clock::time_point until;
    {
      const std::lock_guard lock(mutex_);
      const auto found = left_alone_.find(origin);
      if (found == left_alone_.end()) break;
      until = found->second;
      if (until <= Clock::now()) {
        left_alone_.erase(found);
        break;
      }
    }
    if (until > latest) {
      latest = until;
      return false;
    }
    if (!sleep_until(until)) return false;
  }
  return !stop_.stop_requested();
}

bool Asker::sleep_until(Clock::time_point time) {
  std::unique_lock lock(mutex_);
  stopped_.wait_until(lock, stop_, time, [] { return false; });
  return !stop_.stop_requested();
}

void Asker::leave_alone(const std::string& origin, milliseconds time) {
  const std::lock_guard lock(mutex_);
  if (left_alone_.size() >= hosts_left_alone_max) left_alone_.clear();
  auto& until = left_alone_[origin];
  until = std::max(until, Clock::now() + time);
}

}  // namespace refold::ingest
