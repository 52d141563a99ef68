#pragma once

#include <deque>
#include <filesystem>
#include <future>
#include <memory>

#include "core/index/recorder.h"
#include "tests/crash/acks.h"
#include "tests/crash/traffic.h"

namespace refold::crash {

/// A recorder at work, and whom it tells what is done. One thread.
class Session {
 public:
  Session(std::unique_ptr<index::Recorder> recorder, Traffic traffic, int ack_fd)
      : recorder_(std::move(recorder)), traffic_(traffic), ack_fd_(ack_fd) {}

  [[nodiscard]] static Result<Session> open(const std::filesystem::path& data, Traffic traffic,
                                            int ack_fd);

  [[nodiscard]] index::Recorder& recorder() { return *recorder_; }

  /// Submits a batch, and tells of those that are done; at most `under_way_max` are not. `again`:
  /// a source that repeats itself does not put its cursor back.
  [[nodiscard]] Result<void> submit(std::uint64_t number, bool again = false);
  /// Waits until all batches are done.
  [[nodiscard]] Result<void> drain() { return tell(0); }
  [[nodiscard]] Result<void> record(std::uint64_t number);
  /// Erases a record of batch `number`, which was recorded.
  [[nodiscard]] Result<void> redact(std::uint64_t number);
  [[nodiscard]] Result<void> seal();
  [[nodiscard]] Result<void> reindex();

 private:
  struct UnderWay {
    std::uint64_t number;
    std::future<Result<index::Outcome>> outcome;
  };

  static constexpr std::size_t under_way_max = 6;

  [[nodiscard]] Result<void> tell(std::size_t left);
  [[nodiscard]] Result<void> tell(Ack ack);

  std::unique_ptr<index::Recorder> recorder_;
  Traffic traffic_;
  int ack_fd_;
  std::deque<UnderWay> under_way_;
  std::shared_ptr<index::Run> run_ = std::make_shared<index::Run>();
};

}  // namespace refold::crash
