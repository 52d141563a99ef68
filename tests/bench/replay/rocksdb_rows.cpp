#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <vector>

#include "core/base/bytes.h"
#include "tests/bench/replay/row_store.h"

namespace refold::bench {
namespace {

constexpr std::size_t cache_bytes = std::size_t{256} << 20;
constexpr std::string_view position_key = "position";

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

Result<void> check(const rocksdb::Status& status) {
  if (status.ok()) return ok();
  return Error{Errc::io, "rocksdb: " + status.ToString()};
}

/// Rows in one column family, the position in another.
class RocksdbRows : public RowStore {
 public:
  static Result<std::unique_ptr<RowStore>> create(const std::filesystem::path& folder) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(cache_bytes);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.format_version = 5;
    rocksdb::ColumnFamilyOptions family;
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    family.level_compaction_dynamic_level_bytes = true;
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.max_background_jobs = 2;
    const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
        {rocksdb::kDefaultColumnFamilyName, family}, {position_key.data(), {}}};
    auto rows = std::make_unique<RocksdbRows>();
    rocksdb::DB* opened = nullptr;
    REFOLD_CHECK(check(rocksdb::DB::Open(options, folder, families, &rows->families_, &opened)));
    rows->db_.reset(opened);
    return std::unique_ptr<RowStore>(std::move(rows));
  }

  ~RocksdbRows() override {
    for (auto* handle : families_) (void)db_->DestroyColumnFamilyHandle(handle);
  }

  Result<bool> read(std::string_view key, std::string& row) override {
    const auto status = db_->Get(rocksdb::ReadOptions(), families_[0], slice(key), &row);
    if (status.IsNotFound()) return false;
    REFOLD_CHECK(check(status));
    return true;
  }

  Result<void> commit(std::span<const Change> changes, log::Seq seq) override {
    batch_.Clear();
    for (const Change& change : changes) {
      REFOLD_CHECK(check(change.row == nullptr
                             ? batch_.Delete(families_[0], slice(change.key))
                             : batch_.Put(families_[0], slice(change.key), slice(*change.row))));
    }
    std::uint8_t position[sizeof seq];
    store_le(position, seq);
    REFOLD_CHECK(check(batch_.Put(families_[1], slice(position_key), slice(text_of(position)))));
    rocksdb::WriteOptions durably;
    durably.sync = true;
    return check(db_->Write(durably, &batch_));
  }

  Result<log::Seq> position() override {
    std::string found;
    REFOLD_CHECK(
        check(db_->Get(rocksdb::ReadOptions(), families_[1], slice(position_key), &found)));
    return load_le<log::Seq>(bytes_of(found).data());
  }

  Result<void> visit(const Visitor& visitor) override {
    const std::unique_ptr<rocksdb::Iterator> rows(
        db_->NewIterator(rocksdb::ReadOptions(), families_[0]));
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
      visitor(rows->key().ToStringView(), rows->value().ToStringView());
    }
    return check(rows->status());
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  rocksdb::WriteBatch batch_;
};

}  // namespace

Result<std::unique_ptr<RowStore>> create_rocksdb_rows(const std::filesystem::path& folder) {
  return RocksdbRows::create(folder);
}

}  // namespace refold::bench
