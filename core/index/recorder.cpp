#include "core/index/recorder.h"

#include <mutex>
#include <thread>
#include <utility>

#include "core/index/background_sealer.h"
#include "core/index/queue.h"
#include "core/index/writer.h"

namespace refold::index {
namespace {

/// How often a redaction waits again because there was something new to be erased.
constexpr unsigned redaction_rounds_max = 10;

Error closed() { return {Errc::closed, "the recorder is closed"}; }

std::size_t payload_bytes(const DraftBatch& batch) {
  std::size_t bytes = 0;
  for (const Draft& draft : batch.drafts) bytes += draft.record.size();
  return bytes;
}

}  // namespace

struct Recorder::Impl {
  std::unique_ptr<log::WitnessLog> log;
  std::unique_ptr<Writer> writer;
  BackgroundSealer sealer;
  Queue queue;
  const std::function<void(log::Seq)> before_erasing;
  std::mutex redaction_mutex;
  std::thread thread;

  Impl(std::unique_ptr<log::WitnessLog> of, std::unique_ptr<Writer> with,
       const RecorderOptions& options)
      : log(std::move(of)),
        writer(std::move(with)),
        sealer(*log, options.seal_above_events),
        queue(options),
        before_erasing(options.before_erasing),
        thread([this] { run(); }) {}

  ~Impl() {
    queue.close();
    thread.join();
    (void)writer->flush();  // if it fails, the next open() catches up
  }

  void run() {
    while (auto work = queue.take()) {
      if (work->task) {
        work->task(*writer);
      } else {
        writer->record(work->submissions);
      }
      sealer.grown_to(writer->applied());
    }
  }

  std::future<Result<Outcome>> submit(DraftBatch batch, bool awaited) {
    Submission submission;
    submission.bytes = payload_bytes(batch);
    submission.batch = std::move(batch);
    submission.awaited = awaited;
    auto future = submission.promise.get_future();
    if (!queue.add(submission)) submission.promise.set_value(closed());
    return future;
  }

  /// Erases if there was nothing left to bury, or anyway; `more` is what was.
  static Result<RedactionOutcome> erase_if_buried(Writer& writer, const Redaction& what,
                                                  bool anyway, std::uint64_t& more) {
    REFOLD_TRY(more, writer.bury(what));
    if (more > 0 && !anyway) return RedactionOutcome{};
    return writer.erase(what);
  }

  /// Runs `task` between two groups, on the writer thread, and waits for it.
  template <class T, class F>
  Result<T> between_groups(F task) {
    std::promise<Result<T>> promise;
    auto future = promise.get_future();
    if (!queue.add([&](Writer& by) { promise.set_value(task(by)); })) return closed();
    return future.get();
  }
};

Result<std::unique_ptr<Recorder>> Recorder::open(const std::filesystem::path& data,
                                                 const RecorderOptions& options) {
  REFOLD_TRY(auto log, log::WitnessLog::open_writer(data, options.log));
  REFOLD_TRY(auto writer, Writer::open(*log, options));
  return std::unique_ptr<Recorder>(
      new Recorder(std::make_unique<Impl>(std::move(log), std::move(writer), options)));
}

Recorder::Recorder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Recorder::~Recorder() = default;

std::future<Result<Outcome>> Recorder::submit(DraftBatch batch) {
  return impl_->submit(std::move(batch), false);
}

Result<Outcome> Recorder::record(DraftBatch batch) {
  return impl_->submit(std::move(batch), true).get();
}

bool Recorder::crowded() const noexcept { return impl_->queue.crowded(); }

log::WitnessLog& Recorder::log() noexcept { return *impl_->log; }

Result<std::optional<Head>> Recorder::head(std::string_view did, std::string_view collection,
                                           std::string_view rkey) {
  return impl_->writer->head(record_key(did, collection, rkey));
}

Result<std::optional<RepoState>> Recorder::repo(std::string_view did) {
  return impl_->writer->repo(repo_key(did));
}

Result<std::uint64_t> Recorder::seal() { return impl_->sealer.seal_all(); }

std::optional<Error> Recorder::sealing_failure() const { return impl_->sealer.failure(); }

Result<void> Recorder::reindex() {
  return impl_->between_groups<void>([](Writer& writer) { return writer.reindex(); });
}

Result<Recorder::RedactionOutcome> Recorder::redact(const Redaction& what) {
  const std::lock_guard one_at_a_time(impl_->redaction_mutex);
  if (!impl_->before_erasing) {
    return impl_->between_groups<RedactionOutcome>(
        [&](Writer& writer) { return writer.redact(what); });
  }
  REFOLD_TRY(std::uint64_t tombstones, impl_->between_groups<std::uint64_t>([&](Writer& writer) {
    return writer.begin_redaction(what);
  }));
  for (unsigned round = 1;; ++round) {
    REFOLD_TRY(const log::Seq last, impl_->log->last());
    impl_->before_erasing(last);
    // What came in between is buried and waited for too; the last time it is erased all the same.
    std::uint64_t more = 0;
    auto erased = impl_->between_groups<RedactionOutcome>([&](Writer& writer) {
      return impl_->erase_if_buried(writer, what, round == redaction_rounds_max, more);
    });
    if (erased.has_error()) return erased;
    tombstones += more;
    if (more > 0 && round < redaction_rounds_max) continue;
    erased->tombstones += tombstones;
    return erased;
  }
}

Result<Sha256Digest> Recorder::index_digest() {
  return impl_->between_groups<Sha256Digest>([](Writer& writer) { return writer.index_digest(); });
}

Result<std::vector<log::Seq>> Recorder::missing(std::size_t count_max) {
  return impl_->between_groups<std::vector<log::Seq>>(
      [&](Writer& writer) { return writer.missing(count_max); });
}

}  // namespace refold::index
