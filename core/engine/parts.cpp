#include "core/engine/parts.h"

#include <future>
#include <thread>
#include <utility>

namespace refold::engine {
namespace {

constexpr std::chrono::milliseconds stop_pause{20};

}  // namespace

void Parts::add(std::string name, std::function<void()> stop) {
  parts_.push_back({std::move(name), std::move(stop)});
}

std::optional<std::string> Parts::stop(const std::function<void(const std::string& part)>& stopping,
                                       const std::function<bool()>& give_up) {
  while (!parts_.empty()) {
    Part part = std::move(parts_.back());
    parts_.pop_back();
    stopping(part.name);
    std::promise<void> done;
    auto stopped = done.get_future();
    std::thread worker([stop = std::move(part.stop), done = std::move(done)]() mutable {
      stop();
      done.set_value();
    });
    while (stopped.wait_for(stop_pause) != std::future_status::ready) {
      if (!give_up()) continue;
      worker.detach();
      return part.name;
    }
    worker.join();
  }
  return std::nullopt;
}

}  // namespace refold::engine
