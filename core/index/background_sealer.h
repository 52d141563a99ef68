#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include "core/base/result.h"
#include "core/log/witness_log.h"

namespace refold::index {

/// The sealer thread: turns old tail into segments whenever the tail has grown long enough.
class BackgroundSealer {
 public:
  /// Seals once the tail holds `above_events` more than a segment; 0: only when asked to.
  BackgroundSealer(log::WitnessLog& log, std::uint64_t above_events);
  /// Waits for a segment under way.
  ~BackgroundSealer();
  BackgroundSealer(const BackgroundSealer&) = delete;
  BackgroundSealer& operator=(const BackgroundSealer&) = delete;

  /// Tells it how far the log has grown. Any thread.
  void grown_to(log::Seq last);
  /// Seals until no whole chunk is left in the tail. Returns the number of events. Any thread.
  [[nodiscard]] Result<std::uint64_t> seal_all();
  /// Why the last attempt in the background failed, if it did; it is repeated every few seconds.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  void run();
  [[nodiscard]] bool due() const noexcept;
  [[nodiscard]] Result<std::uint64_t> seal_one();

  log::WitnessLog& log_;
  std::uint64_t above_events_;
  std::mutex sealing_;  ///< one seal() at a time
  mutable std::mutex lock_;
  std::condition_variable changed_;
  log::Seq last_ = 0;
  log::Seq sealed_last_ = 0;
  std::optional<Error> failure_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace refold::index
