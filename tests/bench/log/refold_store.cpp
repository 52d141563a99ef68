#include <vector>

#include "core/index/recorder.h"
#include "core/log/reader.h"
#include "core/log/witness_log.h"
#include "tests/bench/log/prepared.h"
#include "tests/bench/log/refold_store.h"
#include "tests/bench/log/store.h"

namespace refold::bench {
namespace {

/// The bare log: events go in as they are.
class BareLog : public Store {
 public:
  BareLog(std::unique_ptr<log::WitnessLog> opened, log::ReadAhead ahead)
      : log_(std::move(opened)), ahead_(ahead) {}

  void take(std::span<const log::Event> events) override {
    events_.assign(events.begin(), events.end());
  }
  Result<void> append() override { return log_->append(events_); }

  Result<void> settle() override {
    for (;;) {
      REFOLD_TRY(const std::uint64_t sealed, log_->seal());
      if (sealed == 0) return ok();
    }
  }

  Result<FieldsDigest> scan(std::string_view collection) override {
    return scan_log(*log_, collection, ahead_);
  }
  Result<void> get(log::Seq seq, FieldsDigest& digest) override {
    page_.clear();
    REFOLD_CHECK(log_->get(seq, page_));
    for (const log::Event& event : page_.events) digest.add(event);
    return ok();
  }

 private:
  std::unique_ptr<log::WitnessLog> log_;
  log::ReadAhead ahead_;
  std::vector<log::Event> events_;
  log::Page page_;
};

/// The recorder: drafts go in, are checked against their CIDs and looked up in the index.
class Recording : public Store {
 public:
  explicit Recording(std::unique_ptr<index::Recorder> recorder) : recorder_(std::move(recorder)) {}

  void take(std::span<const log::Event> events) override { batch_ = drafts_of(events); }
  Result<void> append() override {
    const std::uint64_t expected = batch_.drafts.size();
    REFOLD_TRY(const index::Outcome outcome, recorder_->record(std::move(batch_)));
    if (outcome.appended == expected) return ok();
    return Error{Errc::invalid, "the recorder appended " + std::to_string(outcome.appended) +
                                    " of " + std::to_string(expected) + " drafts"};
  }

  Result<void> settle() override {
    REFOLD_CHECK(recorder_->seal());
    return ok();
  }
  Result<FieldsDigest> scan(std::string_view collection) override {
    return scan_log(recorder_->log(), collection);
  }
  Result<void> get(log::Seq /*seq*/, FieldsDigest& /*digest*/) override {
    return Error{Errc::unsupported, "open the log for reading"};
  }

 private:
  std::unique_ptr<index::Recorder> recorder_;
  index::DraftBatch batch_;
};

}  // namespace

index::DraftBatch drafts_of(std::span<const log::Event> events) {
  index::DraftBatch batch;
  batch.source = source_name;
  batch.drafts.reserve(events.size());
  for (const log::Event& event : events) {
    index::Draft& draft = batch.drafts.emplace_back();
    draft.kind = event.kind;
    draft.flags = event.flags;
    draft.did = event.did;
    draft.collection = event.collection;
    draft.rkey = event.rkey;
    draft.rev = event.rev;
    if (log::has_cid(event)) draft.cid = log::cid_of(event);
    draft.record = event.record;
    draft.active = event.active;
    draft.status = event.status;
    draft.handle = event.handle;
    draft.upstream_seq = event.upstream_seq;
    draft.upstream_us = event.upstream_us;
  }
  return batch;
}

Result<FieldsDigest> scan_log(const log::WitnessLog& log, std::string_view collection,
                              log::ReadAhead ahead) {
  log::Filter filter;
  filter.history = true;
  if (!collection.empty()) {
    filter.collections.emplace_back(collection);
    filter.kinds = {log::Kind::create, log::Kind::update, log::Kind::remove};
  }
  REFOLD_TRY(log::Matcher matcher, log::Matcher::make(std::move(filter)));
  log::Reader reader(log, 1, std::move(matcher), ahead);
  FieldsDigest digest;
  log::Page page;
  for (;;) {
    REFOLD_TRY(const bool more, reader.next(page));
    if (!more) return digest;
    for (const log::Event& event : page.events) digest.add(event);
  }
}

Result<LogSize> size_of_log(const std::filesystem::path& data) {
  REFOLD_TRY(const auto opened, log::WitnessLog::open_reader(data));
  REFOLD_TRY(const log::LogStat stat, opened->stat());
  return LogSize{bytes_below(data / "log"), stat.tail_file_bytes - stat.tail_bytes,
                 stat.segment_bytes};
}

Result<std::unique_ptr<Store>> open_refold(const std::filesystem::path& folder, Access access) {
  if (access == Access::create_indexed) {
    index::RecorderOptions options;
    options.seal_above_events = 0;
    REFOLD_TRY(auto recorder, index::Recorder::open(folder, options));
    return std::unique_ptr<Store>(std::make_unique<Recording>(std::move(recorder)));
  }
  log::LogOptions options;
  if (access == Access::read_uncached) options.frame_cache_bytes = 0;
  REFOLD_TRY(auto opened, access == Access::create ? log::WitnessLog::open_writer(folder, options)
                                                   : log::WitnessLog::open_reader(folder, options));
  const auto ahead = access == Access::read_ahead ? log::ReadAhead::yes : log::ReadAhead::no;
  return std::unique_ptr<Store>(std::make_unique<BareLog>(std::move(opened), ahead));
}

}  // namespace refold::bench
