#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/result.h"
#include "core/net/loops.h"

namespace refold::net {

/// What one coroutine hands to one thread that blocks: in order, bounded in bytes, with an end.
///
/// finish() and the taking side may be called by any thread; push() by the coroutine.
template <class Item>
class Pipe : public std::enable_shared_from_this<Pipe<Item>> {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  Pipe(asio::io_context& context, std::size_t bytes_max)
      : context_(context), room_(context), bytes_max_(bytes_max) {}

  /// Waits until there is room (an item of any size fits into an empty pipe), then hands over.
  /// False if the pipe is finished: nobody will take it.
  asio::awaitable<bool> push(Item item, std::size_t bytes) {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (end_) co_return false;
        if (items_.empty() || bytes_ + bytes <= bytes_max_) {
          items_.emplace_back(std::move(item), bytes);
          bytes_ += bytes;
          break;
        }
        full_ = true;
        room_.expires_at(Deadline::max());
      }
      (void)co_await room_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    changed_.notify_one();
    co_return true;
  }

  /// Nothing more comes, for this reason. The first reason counts.
  void finish(Error why) {
    {
      const std::lock_guard lock(mutex_);
      if (end_) return;
      end_ = std::move(why);
      make_room();
    }
    changed_.notify_all();
  }

  /// The next item. After the last one the reason of the end; `timeout` at the deadline.
  Result<Item> take(Deadline deadline) {
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return !items_.empty() || end_ || interrupted_; };
    if (deadline == Deadline::max()) {
      changed_.wait(lock, ready);
    } else if (!changed_.wait_until(lock, deadline, ready)) {
      return Error{Errc::timeout, "nothing came in time"};
    }
    if (std::exchange(interrupted_, false)) return Error{Errc::closed, "it was stopped"};
    if (items_.empty()) return *end_;
    auto [item, bytes] = std::move(items_.front());
    items_.pop_front();
    bytes_ -= bytes;
    // Not for every item: a coroutine that waits is woken once there is much room.
    if (full_ && bytes_ <= bytes_max_ / 2) make_room();
    return std::move(item);
  }
  /// Ends the take() that waits, or the next one, with `closed`.
  void interrupt() {
    {
      const std::lock_guard lock(mutex_);
      interrupted_ = true;
    }
    changed_.notify_all();
  }

  [[nodiscard]] bool readable() const {
    const std::lock_guard lock(mutex_);
    return !items_.empty();
  }
  [[nodiscard]] bool finished() const {
    const std::lock_guard lock(mutex_);
    return end_.has_value();
  }

 private:
  void make_room() {
    if (!std::exchange(full_, false)) return;
    asio::post(context_, [self = this->shared_from_this()] { self->room_.cancel(); });
  }

  asio::io_context& context_;
  asio::steady_timer room_;  // of the loop's thread
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<Item, std::size_t>> items_;
  std::size_t bytes_ = 0;
  bool full_ = false;
  bool interrupted_ = false;
  std::optional<Error> end_;
};

}  // namespace refold::net
