#include "core/server/request_counts.h"

#include <utility>

#include "core/server/metrics.h"

namespace refold::server {

namespace {

using Clock = std::chrono::steady_clock;

class CountedReply final : public RequestCounts::Counted {
 public:
  CountedReply(std::shared_ptr<RequestCounts::Route> counts, ReplyPointer reply)
      : counts_(std::move(counts)), reply_(std::move(reply)) {}

  void send(net::Response response) override {
    count(response.status);
    reply_->send(std::move(response));
  }
  std::unique_ptr<Stream> stream(net::Response head) override {
    count(head.status);
    return reply_->stream(std::move(head));
  }
  [[nodiscard]] bool gone() const override { return reply_->gone(); }
  void give_to(std::shared_ptr<RequestCounts::Route> route) override { counts_ = std::move(route); }

 private:
  void count(unsigned status) {
    const auto time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_);
    const auto micros = static_cast<std::uint64_t>(time.count());
    std::size_t at = 0;
    while (at < RequestCounts::bounds_us.size() && micros > RequestCounts::bounds_us[at]) ++at;
    ++counts_->by_class[status / 100 < 6 ? status / 100 : 5];
    ++counts_->by_time[at];
    counts_->sum_us += micros;
  }

  std::shared_ptr<RequestCounts::Route> counts_;
  ReplyPointer reply_;
  Clock::time_point began_ = Clock::now();
};

}  // namespace

std::shared_ptr<RequestCounts::Counted> RequestCounts::counted(ReplyPointer reply) const {
  return std::make_shared<CountedReply>(other_, std::move(reply));
}

std::shared_ptr<RequestCounts::Route> RequestCounts::route(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& place = routes_[name];
  if (!place) place = std::make_shared<Route>();
  return place;
}

void RequestCounts::append_to(std::string& text) const {
  const std::lock_guard lock(mutex_);
  Metric requests(text, "refold_http_requests_total", "counter", "Answers, by class of status.");
  for (const auto& [route, counts] : routes_) {
    for (std::size_t of = 1; of < counts->by_class.size(); ++of) {
      const std::uint64_t count = counts->by_class[of];
      if (count == 0) continue;
      requests.add({{"route", route}, {"status", std::to_string(of) + "xx"}}, count);
    }
  }
  Metric times(text, "refold_http_request_seconds", "histogram", "Time to the answer.");
  for (const auto& [route, counts] : routes_) {
    std::uint64_t below = 0;
    for (std::size_t at = 0; at < bounds_us.size(); ++at) {
      below += counts->by_time[at];
      times.add_as("_bucket",
                   {{"route", route}, {"le", decimal(static_cast<double>(bounds_us[at]) / 1e6)}},
                   std::to_string(below));
    }
    below += counts->by_time[bounds_us.size()];
    times.add_as("_bucket", {{"route", route}, {"le", "+Inf"}}, std::to_string(below));
    times.add_as("_sum", {{"route", route}}, decimal(static_cast<double>(counts->sum_us) / 1e6));
    times.add_as("_count", {{"route", route}}, std::to_string(below));
  }
}

}  // namespace refold::server
