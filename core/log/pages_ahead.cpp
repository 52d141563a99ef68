#include "core/log/pages_ahead.h"

#include <system_error>
#include <utility>

namespace refold::log {
namespace {

/// One that is being taken, one that is ready, and one for when reading stutters.
constexpr std::size_t ready_pages_max = 3;

}  // namespace

void PagesAhead::start() {
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    // next() reads.
  }
}

Result<bool> PagesAhead::next(Page& page) {
  if (thread_.joinable()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || !ready_.empty(); });
    if (!ready_.empty()) {
      std::swap(page, ready_.front());
      spare_.push_back(std::move(ready_.front()));
      ready_.pop_front();
      lock.unlock();
      changed_.notify_one();
      position_ = page.next;
      return true;
    }
  }
  // What ended the thread is met again, if it is still so.
  stop();
  auto more = reader_.next(page);
  position_ = reader_.position();
  return more;
}

void PagesAhead::seek(Seq from) {
  stop();
  reader_.seek(from);
  position_ = reader_.position();
}

void PagesAhead::run() {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    changed_.wait(lock, [this] { return stop_ || ready_.size() < ready_pages_max; });
    if (stop_) return;
    Page page;
    if (!spare_.empty()) {
      page = std::move(spare_.back());
      spare_.pop_back();
    }
    lock.unlock();
    const auto more = reader_.next(page);
    lock.lock();
    if (more.has_value() && *more) {
      ready_.push_back(std::move(page));
    } else {
      ended_ = true;
    }
    changed_.notify_one();
  }
}

void PagesAhead::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
  thread_ = {};
  stop_ = ended_ = false;
  ready_.clear();
  spare_.clear();
}

}  // namespace refold::log
