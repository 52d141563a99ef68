#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/net/runtime.h"

namespace refold::net {

namespace asio = boost::asio;

/// One thread and its event loop: what runs here needs no locks among itself.
struct Loop {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

/// The inside of a Runtime.
class Runtime::Loops {
 public:
  explicit Loops(std::size_t threads);
  /// The loop for the next connection: in turn.
  [[nodiscard]] asio::io_context& next() noexcept {
    return all_[turn_.fetch_add(1, std::memory_order_relaxed) % all_.size()]->context;
  }
  [[nodiscard]] const std::vector<std::unique_ptr<Loop>>& all() const noexcept { return all_; }
  /// Requested when the runtime stops, before its loops do.
  [[nodiscard]] std::stop_token stopping() const noexcept { return stopping_.get_token(); }
  void stop() noexcept;

 private:
  std::stop_source stopping_;
  std::vector<std::unique_ptr<Loop>> all_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace refold::net
