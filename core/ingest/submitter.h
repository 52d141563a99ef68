#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/index/recorder.h"
#include "core/ingest/decoder.h"

namespace refold::ingest {

/// Hands a decoder's batches to the recorder, a bounded number of them under way. Once one has
/// failed, nothing more is sent off: what follows it belongs behind it. One thread.
class Submitter {
 public:
  static constexpr std::size_t batch_drafts_max = 1'000;
  static constexpr std::size_t batch_bytes_max = std::size_t{2} << 20;
  static constexpr std::size_t under_way_max = 4;

  Submitter(index::Recorder& recorder, std::string source)
      : recorder_(recorder), source_(std::move(source)) {
    start_batch();
  }

  /// The batch that is being filled. Not to be kept over submit().
  [[nodiscard]] index::DraftBatch& batch() noexcept { return batch_; }
  void count_bytes(std::size_t bytes) noexcept { bytes_ += bytes; }
  /// What came packed counts as what became of it.
  [[nodiscard]] bool full() const noexcept {
    return batch_.drafts.size() >= batch_drafts_max ||
           std::max(bytes_, batch_.arena.used_bytes()) >= batch_bytes_max;
  }

  /// Sends off what there is, with the decoder's position. Waits while too many are under way.
  /// Errors: the one that failed, from then on; nothing behind it is recorded.
  [[nodiscard]] Result<void> submit(Decoder& decoder);
  /// Until all that was sent off is durable. Errors: as submit().
  [[nodiscard]] Result<void> settle();
  /// What is durable by now, without waiting. Errors: as submit().
  [[nodiscard]] Result<void> look();

  /// What became of all batches that are durable.
  [[nodiscard]] const index::Outcome& outcome() const noexcept { return outcome_; }
  /// The decoder's position at the end of the last durable batch.
  [[nodiscard]] std::uint64_t durable() const noexcept { return durable_; }

 private:
  struct UnderWay {
    std::future<Result<index::Outcome>> result;
    std::uint64_t cursor = 0;
  };
  void start_batch();
  [[nodiscard]] Result<void> take_oldest();

  index::Recorder& recorder_;
  const std::string source_;
  const std::shared_ptr<index::Run> run_ = std::make_shared<index::Run>();
  index::DraftBatch batch_;
  std::size_t bytes_ = 0;
  std::deque<UnderWay> under_way_;
  std::optional<Error> failed_;
  index::Outcome outcome_;
  std::uint64_t durable_ = 0;
};

}  // namespace refold::ingest
