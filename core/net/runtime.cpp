#include "core/net/runtime.h"

#include <algorithm>

#include "core/net/loops.h"

namespace refold::net {

Runtime::Loops::Loops(std::size_t threads) {
  for (std::size_t i = 0; i < std::clamp<std::size_t>(threads, 1, 8); ++i) {
    all_.push_back(std::make_unique<Loop>());
    all_.back()->thread = std::thread([loop = all_.back().get()] { loop->context.run(); });
  }
}

void Runtime::Loops::stop() noexcept {
  if (!stopping_.request_stop()) return;
  for (const auto& loop : all_) loop->context.stop();
  for (const auto& loop : all_) loop->thread.join();
}

Runtime::Runtime(std::size_t threads) : loops_(std::make_unique<Loops>(threads)) {}
Runtime::~Runtime() { stop(); }
void Runtime::stop() noexcept { loops_->stop(); }

}  // namespace refold::net
