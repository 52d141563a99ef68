#include "tests/bench/ingest/ingest_bench.h"

#include <unistd.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <fstream>
#include <future>
#include <memory>

#include "core/index/payload.h"
#include "core/index/recorder.h"
#include "core/ingest/capture.h"
#include "core/ingest/firehose.h"
#include "core/ingest/jetstream.h"
#include "core/ingest/repo.h"
#include "tests/bench/ingest/stream_files.h"
#include "tests/bench/log/store.h"

namespace refold::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t read_bytes = std::size_t{1} << 20;
constexpr std::size_t batch_drafts_max = 10'000;
constexpr std::size_t batches_in_flight_max = 2;

std::vector<Row> ingest_rows() {
  std::vector<Row> rows(3);
  rows[0].name = "frames";
  rows[0].what = "capture of firehose frames -> durable log with its index, every hash checked";
  rows[1].name = "jetstream";
  rows[1].what = "Jetstream v1 JSON -> durable log with its index, every CID checked";
  for (Row& row : rows) {
    row.unit = "events/s";
    row.target.ours_at_least = 100'000.0;
  }
  rows[2].name = "repos";
  rows[2].what = "repos of 1,000 records as CAR -> durable log, every hash and the tree checked";
  rows[2].unit = "records/s";
  rows[2].target.ours_at_least = 200'000.0;
  return rows;
}

/// Where drafts end.
class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  /// Makes them durable, behind the caller's back; not more than a few batches at a time.
  [[nodiscard]] virtual Result<void> take(index::DraftBatch batch) = 0;
  /// Waits until all is durable. Returns the number of events that are there.
  [[nodiscard]] virtual Result<std::uint64_t> finish() = 0;
};

class RefoldSink final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> open(const fs::path& folder) {
    REFOLD_TRY(auto recorder, index::Recorder::open(folder));
    return std::unique_ptr<Sink>(new RefoldSink(std::move(recorder)));
  }
  Result<void> take(index::DraftBatch batch) override {
    while (flights_.size() >= batches_in_flight_max) REFOLD_CHECK(settle());
    flights_.push_back(recorder_->submit(std::move(batch)));
    return ok();
  }
  Result<std::uint64_t> finish() override {
    while (!flights_.empty()) REFOLD_CHECK(settle());
    return taken_;
  }

 private:
  explicit RefoldSink(std::unique_ptr<index::Recorder> recorder) : recorder_(std::move(recorder)) {}
  Result<void> settle() {
    REFOLD_TRY(const index::Outcome outcome, flights_.front().get());
    flights_.pop_front();
    // The frames' notices share one time: two of the same content are one event.
    taken_ += outcome.appended + outcome.known;
    return ok();
  }
  std::unique_ptr<index::Recorder> recorder_;
  std::deque<std::future<Result<index::Outcome>>> flights_;
  std::uint64_t taken_ = 0;
};

/// A peer of the log's benchmark behind the same decoder, on a thread of its own.
class PeerSink final : public Sink {
 public:
  PeerSink(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  Result<void> take(index::DraftBatch batch) override {
    std::vector<log::Event> events;
    events.reserve(batch.drafts.size());
    for (const index::Draft& draft : batch.drafts) events.push_back(event_of(draft));
    if (last_.valid()) REFOLD_CHECK(last_.get());
    batch_ = std::move(batch);
    events_ = std::move(events);
    last_ = std::async(std::launch::async, [this] {
      store_->take(events_);
      return store_->append();
    });
    return ok();
  }
  Result<std::uint64_t> finish() override {
    if (last_.valid()) REFOLD_CHECK(last_.get());
    return seq_;
  }

 private:
  log::Event event_of(const index::Draft& draft) {
    log::Event event;
    event.seq = ++seq_;
    event.witness_us = static_cast<std::int64_t>(seq_);
    event.kind = draft.kind;
    event.source = "bench";
    event.did = draft.did;
    event.collection = draft.collection;
    event.rkey = draft.rkey;
    event.rev = draft.rev;
    event.active = draft.active && draft.kind == log::Kind::account;
    event.status = draft.status;
    event.handle = draft.handle;
    event.upstream_seq = draft.upstream_seq;
    event.upstream_us = draft.upstream_us;
    if (draft.cid && index::check_payload(draft.record, *draft.cid) == log::Missing::no) {
      event.record = draft.record;
    }
    return event;
  }

  std::unique_ptr<Store> store_;
  std::future<Result<void>> last_;
  index::DraftBatch batch_;
  std::vector<log::Event> events_;
  std::uint64_t seq_ = 0;
};

/// A stream's bytes cut into messages.
class Messages {
 public:
  Messages(const fs::path& file, bool frames)
      : file_(file, std::ios::binary), frames_(frames), buffer_(read_bytes) {}

  /// Calls `take` for each message.
  template <class Take>
  Result<void> each(const Take& take) {
    while (file_) {
      file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
      const auto count = static_cast<std::size_t>(file_.gcount());
      const std::string_view piece(buffer_.data(), count);
      if (frames_) {
        REFOLD_CHECK(each_frame(piece, take));
      } else {
        REFOLD_CHECK(each_line(piece, take));
      }
    }
    return ok();
  }

 private:
  template <class Take>
  Result<void> each_frame(std::string_view piece, const Take& take) {
    cutter_.add(bytes_of(piece));
    ByteView frame;
    while (true) {
      REFOLD_TRY(const bool cut, cutter_.next(frame));
      if (!cut) return ok();
      REFOLD_CHECK(take(frame));
    }
  }
  template <class Take>
  Result<void> each_line(std::string_view piece, const Take& take) {
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
      if (end == std::string_view::npos) {
        line_ += piece;
        return ok();
      }
      if (line_.empty()) {
        REFOLD_CHECK(take(bytes_of(piece.substr(0, end))));
      } else {
        line_ += piece.substr(0, end);
        REFOLD_CHECK(take(bytes_of(line_)));
        line_.clear();
      }
      piece.remove_prefix(end + 1);
    }
    return ok();
  }

  std::ifstream file_;
  bool frames_;
  std::vector<char> buffer_;
  ingest::FrameCutter cutter_;
  std::string line_;
};

struct IngestBench : Runs {
  using Runs::Runs;
};

Result<std::unique_ptr<ingest::Decoder>> decoder_of(bool frames) {
  ingest::DecoderOptions options;
  options.cursor_name = "bench";
  if (frames) {
    return std::unique_ptr<ingest::Decoder>(new ingest::FirehoseDecoder(std::move(options)));
  }
  REFOLD_TRY(auto made,
             ingest::JetstreamDecoder::make(ingest::JetstreamVersion::v1, {}, std::move(options)));
  return std::unique_ptr<ingest::Decoder>(std::move(made));
}

index::DraftBatch new_batch() {
  index::DraftBatch batch;
  batch.source = "bench";
  batch.drafts.reserve(batch_drafts_max);
  return batch;
}

/// Everything that is in `file` into `sink`; the seconds that it took until all was durable.
Result<double> ingest_all(const fs::path& file, bool frames, Sink& sink, std::uint64_t events) {
  REFOLD_TRY(const auto decoder, decoder_of(frames));
  Messages messages(file, frames);
  ::sync();  // nobody pays for what another has left to be written
  Stopwatch watch;
  watch.start();
  index::DraftBatch batch = new_batch();
  const auto hand_over = [&]() -> Result<void> {
    decoder->finish(batch);
    return sink.take(std::exchange(batch, new_batch()));
  };
  REFOLD_CHECK(messages.each([&](ByteView message) -> Result<void> {
    const ingest::Verdict verdict = decoder->decode(message, batch);
    if (verdict.kind != ingest::Verdict::Kind::taken) return invalid(verdict.message);
    return batch.drafts.size() < batch_drafts_max ? ok() : hand_over();
  }));
  REFOLD_CHECK(hand_over());
  REFOLD_TRY(const std::uint64_t taken, sink.finish());
  watch.stop();
  if (decoder->drops().refused() > 0 || taken < events) {
    return invalid("of " + std::to_string(events) + " events " + std::to_string(taken) +
                   " are there, and " + std::to_string(decoder->drops().refused()) + " refused");
  }
  return watch.seconds();
}

Result<void> run_form(IngestBench& bench, const char* row, bool frames) {
  if (!bench.wants({row})) return ok();
  const fs::path file = bench.options().folder / row;
  if (!fs::exists(file)) {
    const auto write = frames ? write_frames : write_lines;
    REFOLD_CHECK(write(file, bench.options().seed, bench.options().events));
  }
  std::vector<Contender> contenders = {refold_log, rocksdb_peer, sqlite_peer};
  if (bench.reversed()) std::swap(contenders.front(), contenders.back());
  for (const Contender& one : contenders) {
    const fs::path folder = bench.fresh_folder(one.name);
    {
      std::unique_ptr<Sink> sink;
      if (one.name == ours) {
        REFOLD_TRY(sink, RefoldSink::open(folder));
      } else {
        REFOLD_TRY(auto store, one.open(folder, Access::create_indexed));
        sink = std::make_unique<PeerSink>(std::move(store));
      }
      REFOLD_TRY(const double seconds, ingest_all(file, frames, *sink, bench.options().events));
      bench.measured(row, one.name, static_cast<double>(bench.options().events) / seconds);
    }
    fs::remove_all(folder);
  }
  return ok();
}

Result<void> run_frames(IngestBench& bench) { return run_form(bench, "frames", true); }
Result<void> run_jetstream(IngestBench& bench) { return run_form(bench, "jetstream", false); }

/// As many as `refold backfill` has under way.
constexpr std::size_t importers = 4;

/// The repos of `archives`, whose turn it is, until there are no more.
Result<std::uint64_t> import_some(const std::vector<Bytes>& archives,
                                  std::atomic<std::size_t>& turn, index::Recorder& recorder) {
  std::uint64_t appended = 0;
  ingest::Drops drops;
  for (std::size_t at = turn++; at < archives.size(); at = turn++) {
    REFOLD_TRY(const auto imported, ingest::import_repo(archives[at], recorder, "bench", drops));
    appended += imported.outcome.appended;
  }
  return appended;
}

Result<double> import_all(const std::vector<Bytes>& archives, const fs::path& folder,
                          std::uint64_t records) {
  REFOLD_TRY(const auto recorder, index::Recorder::open(folder));
  ::sync();
  Stopwatch watch;
  watch.start();
  std::atomic<std::size_t> turn{0};
  std::vector<std::future<Result<std::uint64_t>>> running;
  for (std::size_t at = 0; at < importers; ++at) {
    running.push_back(
        std::async(std::launch::async, [&] { return import_some(archives, turn, *recorder); }));
  }
  std::uint64_t appended = 0;
  for (auto& one : running) {
    REFOLD_TRY(const std::uint64_t some, one.get());
    appended += some;
  }
  watch.stop();
  if (appended == records) return watch.seconds();
  return invalid("of " + std::to_string(records) + " records " + std::to_string(appended) +
                 " were appended");
}

Result<void> run_repos(IngestBench& bench) {
  if (!bench.wants({"repos"})) return ok();
  const fs::path file = bench.options().folder / "repos";
  const std::uint64_t records = bench.options().events;
  if (!fs::exists(file)) REFOLD_CHECK(write_repos(file, bench.options().seed, records));
  std::vector<Bytes> archives;
  REFOLD_CHECK(Messages(file, true).each([&](ByteView archive) -> Result<void> {
    archives.emplace_back(archive.begin(), archive.end());
    return ok();
  }));
  const fs::path folder = bench.fresh_folder(ours);
  REFOLD_TRY(const double seconds, import_all(archives, folder, records));
  bench.measured("repos", ours, static_cast<double>(records) / seconds);
  fs::remove_all(folder);
  return ok();
}

}  // namespace

Result<void> bench_ingest(const BenchOptions& options) {
  REFOLD_TRY(std::vector<Row> rows, wanted_rows(ingest_rows(), options.only));
  const Workplace workplace(options.folder);
  const Setting setting = setting_of("ingest", options);
  IngestBench bench(options, std::move(rows));
  REFOLD_CHECK(do_runs<IngestBench>(bench, {run_frames, run_jetstream, run_repos}));
  for (const char* const file : {"frames", "jetstream", "repos"}) fs::remove(options.folder / file);
  print(bench, setting);
  return ok();
}

}  // namespace refold::bench
