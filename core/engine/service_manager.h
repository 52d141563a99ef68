#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace refold::engine {

/// The process that started this one, if it wants to know how it is: systemd's protocol
/// (sd_notify), a datagram for each word. One thread.
class ServiceManager {
 public:
  /// `socket`: NOTIFY_SOCKET; empty: nobody wants to know, and everything does nothing.
  explicit ServiceManager(std::string socket,
                          std::optional<std::chrono::microseconds> watchdog = std::nullopt)
      : socket_(std::move(socket)), watchdog_(watchdog) {}
  /// As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say.
  [[nodiscard]] static ServiceManager of_environment();

  void ready(std::string_view status) const;
  void reloading() const;
  void stopping() const;
  void alive() const;

  /// How often alive() is to be called; none: never.
  [[nodiscard]] std::optional<std::chrono::microseconds> interval() const {
    if (!watchdog_) return std::nullopt;
    return *watchdog_ / 2;
  }

 private:
  void send(const std::string& words) const;

  std::string socket_;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace refold::engine
