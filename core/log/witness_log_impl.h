#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "core/base/lock.h"
#include "core/log/sealed.h"
#include "core/log/tail/tail.h"
#include "core/log/witness_log.h"

namespace refold::log {

/// The names below a data directory.
[[nodiscard]] inline std::filesystem::path log_folder(const std::filesystem::path& data) {
  return data / "log";
}

/// What the parts of an open log share. The parts (append, read, seal, redact, verify) are
/// functions over it, one file each.
struct WitnessLog::Impl {
  Impl(std::filesystem::path data_folder, const LogOptions& log_options,
       std::optional<WriterLock> writer_lock, ProcessClaim process_claim,
       std::unique_ptr<Tail> opened);

  const std::filesystem::path data;
  const LogOptions options;
  /// Passes every event, history included.
  const Matcher everything;
  const std::optional<WriterLock> lock;  ///< held by the writer
  const ProcessClaim claim;
  const std::unique_ptr<Tail> tail;
  SealedSegments segments;
  FrameCache frames;

  /// One append (or removal of a cursor) at a time, one seal or redaction at a time. Redaction
  /// holds both, in this order: nobody writes while it copies the tail.
  std::mutex maintenance_mutex;
  std::mutex append_mutex;
  std::int64_t readers_checked_us = 0;  ///< under append_mutex

  /// What append() tells the waiting threads of this process.
  std::mutex announce_mutex;
  std::condition_variable announced;
  Seq announced_last = 0;

  /// The digest of the chain after event `chained_last`, which ends a chunk: root() goes on there.
  std::mutex chain_mutex;
  Seq chained_last = 0;
  Sha256Digest chain{};

  /// Finishes what a crash has interrupted. Precondition: nobody else knows this log yet.
  [[nodiscard]] Result<void> recover();
};

}  // namespace refold::log
