#include "core/index/background_sealer.h"

#include <algorithm>
#include <chrono>

namespace refold::index {
namespace {

constexpr std::chrono::seconds retry_after{5};

}  // namespace

BackgroundSealer::BackgroundSealer(log::WitnessLog& log, std::uint64_t above_events)
    : log_(log), above_events_(above_events) {
  if (const auto stat = log.stat()) {
    last_ = stat->last;
    sealed_last_ = stat->sealed_last;
  }
  if (above_events_ > 0) thread_ = std::thread([this] { run(); });
}

BackgroundSealer::~BackgroundSealer() {
  {
    const std::lock_guard lock(lock_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BackgroundSealer::grown_to(log::Seq last) {
  const std::lock_guard lock(lock_);
  last_ = std::max(last_, last);
  if (due()) changed_.notify_all();
}

bool BackgroundSealer::due() const noexcept {
  return last_ - sealed_last_ >= above_events_ + log::WitnessLog::segment_events_default;
}

void BackgroundSealer::run() {
  std::unique_lock lock(lock_);
  while (!stopping_) {
    if (!due()) {
      changed_.wait(lock);
      continue;
    }
    lock.unlock();
    auto sealed = seal_one();
    lock.lock();
    failure_.reset();
    if (sealed && *sealed > 0) continue;
    if (!sealed) failure_ = std::move(sealed).error();
    changed_.wait_for(lock, retry_after, [&] { return stopping_; });
  }
}

Result<std::uint64_t> BackgroundSealer::seal_one() {
  const std::lock_guard sealing(sealing_);
  REFOLD_TRY(const std::uint64_t sealed, log_.seal());
  REFOLD_TRY(const auto stat, log_.stat());
  const std::lock_guard lock(lock_);
  sealed_last_ = stat.sealed_last;
  return sealed;
}

Result<std::uint64_t> BackgroundSealer::seal_all() {
  std::uint64_t total = 0;
  for (;;) {
    REFOLD_TRY(const std::uint64_t sealed, seal_one());
    if (sealed == 0) return total;
    total += sealed;
  }
}

std::optional<Error> BackgroundSealer::failure() const {
  const std::lock_guard lock(lock_);
  return failure_;
}

}  // namespace refold::index
