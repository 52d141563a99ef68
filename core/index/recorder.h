#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/index/draft.h"
#include "core/index/index.h"
#include "core/log/witness_log.h"

namespace refold::index {

struct RecorderOptions {
  log::LogOptions log;
  IndexOptions index;
  /// How long a commit that failed is tried again before its batches fail.
  std::chrono::milliseconds retry_for{0};
  std::uint64_t group_events_max = 10'000;  ///< drafts in one commit
  std::size_t group_bytes_max = std::size_t{16} << 20;
  std::chrono::microseconds group_delay{2'000};  ///< how long a commit waits for company
  std::size_t queue_batches_max = 64;            ///< submit() blocks when this many wait
  /// Seal in the background once the tail holds this many events more than a segment; 0: never.
  std::uint64_t seal_above_events = 262'144;
  /// Called by redact() when the tombstones are in the log, before anything is erased, on its
  /// thread: waits until whoever folds the log has come to `last`, and so has taken back what goes.
  std::function<void(log::Seq last)> before_erasing{};
};

/// The writer: the one way into the log.
///
/// Takes drafts from any number of sources, decides against the index what is new, late or known,
/// fills in `previous`, appends what is new in grouped, synced commits together with the sources'
/// cursors, updates the index, and then acknowledges. Owns the log's writing handle, the index,
/// the writer thread and the sealer thread. All methods may be called by any thread.
class Recorder {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Recorder>> open(const std::filesystem::path& data,
                                                              const RecorderOptions& options = {});
  /// Finishes what was submitted, flushes the index, stops the threads.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Hands a batch to the writer; blocks while the queue is full. The future is ready when the
  /// batch is durable, or has failed as a whole (`no_space`, `io`, `closed`): then nothing of it
  /// was acknowledged and it may be submitted again, safely: what is known is not appended twice.
  ///
  /// Batches of one source are recorded in the order they come. Whoever has several under way gives
  /// them one `run`: if one fails, all that were submitted behind it fail too (`closed`), so that
  /// no cursor passes what was not recorded. What comes again then is another run.
  [[nodiscard]] std::future<Result<Outcome>> submit(DraftBatch batch);
  /// submit() and wait.
  [[nodiscard]] Result<Outcome> record(DraftBatch batch);

  /// Whether more is submitted than can be recorded while others take the machine's time, too: who
  /// can wait should, for a moment.
  [[nodiscard]] bool crowded() const noexcept;

  /// The log, for readers in this process.
  [[nodiscard]] log::WitnessLog& log() noexcept;

  /// The head of a record, everything acknowledged included.
  [[nodiscard]] Result<std::optional<Head>> head(std::string_view did, std::string_view collection,
                                                 std::string_view rkey);
  [[nodiscard]] Result<std::optional<RepoState>> repo(std::string_view did);

  /// Seals whole chunks of the tail now, until none is left. Returns the number of events.
  [[nodiscard]] Result<std::uint64_t> seal();
  /// Why sealing in the background failed last, if it did. It is tried again every few seconds.
  [[nodiscard]] std::optional<Error> sealing_failure() const;
  /// Builds the index anew from the log. Appends wait meanwhile.
  [[nodiscard]] Result<void> reindex();
  /// SHA-256 over every row of the index: equal for two indexes of one log, however they came
  /// about. Appends wait meanwhile.
  [[nodiscard]] Result<Sha256Digest> index_digest();
  /// The heads whose payload is to be fetched, at most `count_max` of them. Appends wait meanwhile.
  [[nodiscard]] Result<std::vector<log::Seq>> missing(std::size_t count_max);

  struct Redaction {
    std::string did;
    std::optional<std::string> collection;  ///< none: everything of the account
    std::optional<std::string> rkey;
  };
  struct RedactionOutcome {
    std::uint64_t tombstones = 0;  ///< living records that were removed first
    std::uint64_t erased = 0;      ///< events whose payload was erased
  };
  /// Erases the payloads of a record, a collection of a repo, or a repo. Idempotent; finished
  /// after a crash by open(). Appends wait while it erases, not during before_erasing().
  [[nodiscard]] Result<RedactionOutcome> redact(const Redaction& what);

 private:
  struct Impl;
  explicit Recorder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace refold::index
