#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "tests/bench/log/event_row.h"
#include "tests/bench/log/head_row.h"
#include "tests/bench/log/store.h"

namespace refold::bench {
namespace {

constexpr std::size_t cache_bytes = std::size_t{256} << 20;

/// What differs between the two ways it is measured.
struct Tuning {
  std::size_t block_bytes;
  bool cache_scans;
  std::size_t readahead_bytes;
};
constexpr Tuning tuned = {std::size_t{16} << 10, false, std::size_t{2} << 20};
constexpr Tuning by_default = {std::size_t{4} << 10, true, 0};

rocksdb::Slice slice(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView bytes(const rocksdb::Slice& slice) { return bytes_of({slice.data(), slice.size()}); }

Result<void> check(const rocksdb::Status& status) {
  if (status.ok()) return ok();
  return Error{Errc::io, "rocksdb: " + status.ToString()};
}

struct SeqKey {
  explicit SeqKey(log::Seq seq) { store_be64(text, seq); }
  [[nodiscard]] rocksdb::Slice slice() const { return bench::slice(text); }
  std::uint8_t text[8];
};

rocksdb::ColumnFamilyOptions family(const Tuning& tuning, bool cached, bool compressed) {
  rocksdb::BlockBasedTableOptions table;
  table.block_size = tuning.block_bytes;
  table.format_version = 5;
  table.no_block_cache = !cached;
  if (cached) table.block_cache = rocksdb::NewLRUCache(cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.level_compaction_dynamic_level_bytes = true;
  // The heads are digests: zstd would find nothing in them.
  options.compression = compressed ? rocksdb::kZSTD : rocksdb::kNoCompression;
  return options;
}

class RocksdbStore : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder, Access access,
                                             const Tuning& tuning) {
    auto store = std::make_unique<RocksdbStore>();
    store->tuning_ = tuning;
    store->indexed_ = access == Access::create_indexed;
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.max_background_jobs = 2;
    const bool cached = access != Access::read_uncached;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    families.emplace_back(rocksdb::kDefaultColumnFamilyName, family(tuning, cached, true));
    families.emplace_back("heads", family(tuning, cached, false));
    rocksdb::DB* opened = nullptr;
    REFOLD_CHECK(check(rocksdb::DB::Open(options, folder, families, &store->families_, &opened)));
    store->db_.reset(opened);
    return std::unique_ptr<Store>(std::move(store));
  }

  ~RocksdbStore() override {
    for (auto* handle : families_) (void)db_->DestroyColumnFamilyHandle(handle);
  }

  void take(std::span<const log::Event> events) override {
    events_.assign(events.begin(), events.end());
  }

  Result<void> append() override {
    batch_.Clear();
    pending_.clear();
    previous_payloads_.clear();
    const std::int64_t now = now_us();
    for (log::Event& event : events_) {
      event.seq = ++last_;
      event.witness_us = now;
      if (indexed_ && log::is_record(event.kind)) REFOLD_CHECK(replace_head(event));
      encode_event_row(event, row_);
      REFOLD_CHECK(check(batch_.Put(events_family(), SeqKey(event.seq).slice(), slice(row_))));
    }
    rocksdb::WriteOptions durably;
    durably.sync = true;
    return check(db_->Write(durably, &batch_));
  }

  Result<void> settle() override {
    for (auto* handle : families_) {
      REFOLD_CHECK(check(db_->Flush(rocksdb::FlushOptions(), handle)));
      rocksdb::CompactRangeOptions fully;
      fully.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
      REFOLD_CHECK(check(db_->CompactRange(fully, handle, nullptr, nullptr)));
    }
    return ok();
  }

  Result<FieldsDigest> scan(std::string_view collection) override {
    rocksdb::ReadOptions forward;
    forward.fill_cache = tuning_.cache_scans;
    forward.readahead_size = tuning_.readahead_bytes;
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(forward, events_family()));
    FieldsDigest digest;
    log::Event event;
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
      const log::Seq seq = load_be64(bytes(rows->key()).data());
      REFOLD_CHECK(decode_event_row(bytes(rows->value()), seq, event));
      if (collection.empty() || event.collection == collection) digest.add(event);
    }
    REFOLD_CHECK(check(rows->status()));
    return digest;
  }

  Result<void> get(log::Seq seq, FieldsDigest& digest) override {
    rocksdb::PinnableSlice value;
    REFOLD_CHECK(
        check(db_->Get(rocksdb::ReadOptions(), events_family(), SeqKey(seq).slice(), &value)));
    log::Event event;
    REFOLD_CHECK(decode_event_row(bytes(value), seq, event));
    digest.add(event);
    return ok();
  }

 private:
  struct Pending {
    HeadRow head;
    ByteView record;
  };

  [[nodiscard]] rocksdb::ColumnFamilyHandle* events_family() const { return families_[0]; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* heads_family() const { return families_[1]; }

  /// Looks for the head in this batch, then in the database; fills `previous`; writes the new head.
  Result<void> replace_head(log::Event& event) {
    const index::RecordKey key = keys_.key(event);
    const std::string_view text = text_of(key);
    std::optional<HeadRow> head;
    const auto pending = pending_.find(std::string(text));
    if (pending != pending_.end()) {
      head = pending->second.head;
      if (set_previous(event, head)) event.previous_record = pending->second.record;
    } else {
      rocksdb::PinnableSlice found;
      const auto status = db_->Get(rocksdb::ReadOptions(), heads_family(), slice(key), &found);
      if (!status.IsNotFound()) {
        REFOLD_CHECK(check(status));
        head = decode_head_row(bytes(found).data());
      }
      if (set_previous(event, head)) REFOLD_CHECK(read_previous(event));
    }
    const HeadRow now{event.seq, event.rev.value, event.kind == log::Kind::remove};
    pending_[std::string(text)] = {now, event.record};
    std::uint8_t value[HeadRow::bytes];
    encode_head_row(now, value);
    return check(batch_.Put(heads_family(), slice(key), slice(value)));
  }

  Result<void> read_previous(log::Event& event) {
    auto& value = previous_payloads_.emplace_back(std::make_unique<rocksdb::PinnableSlice>());
    REFOLD_CHECK(check(db_->Get(rocksdb::ReadOptions(), events_family(),
                                SeqKey(event.previous_seq).slice(), value.get())));
    log::Event previous;
    REFOLD_CHECK(decode_event_row(bytes(*value), event.previous_seq, previous));
    event.previous_record = previous.record;
    return ok();
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  Tuning tuning_{};
  bool indexed_ = false;
  log::Seq last_ = 0;
  std::vector<log::Event> events_;
  rocksdb::WriteBatch batch_;
  Bytes row_;
  HeadKeys keys_;
  std::unordered_map<std::string, Pending> pending_;  ///< heads of this batch
  std::vector<std::unique_ptr<rocksdb::PinnableSlice>> previous_payloads_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_rocksdb(const std::filesystem::path& folder, Access access) {
  return RocksdbStore::open(folder, access, tuned);
}

Result<std::unique_ptr<Store>> open_rocksdb_4k(const std::filesystem::path& folder, Access access) {
  return RocksdbStore::open(folder, access, by_default);
}

}  // namespace refold::bench
