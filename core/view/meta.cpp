#include "core/view/meta.h"

#include <optional>

#include "core/base/wire.h"
#include "core/lmdb/value.h"
#include "core/view/damage.h"

namespace refold::view {
namespace {

constexpr std::string_view format_key = "format";
constexpr std::string_view tables_key = "tables";
constexpr std::string_view checkpoint_key = "checkpoint";

Bytes encode(const std::vector<TableStat>& tables) {
  Bytes to;
  put_varint(to, tables.size());
  for (const TableStat& table : tables) {
    put_sized(to, bytes_of(table.name));
    put_varint(to, table.rows);
    put_fixed(to, table.digest.low);
    put_fixed(to, table.digest.high);
  }
  return to;
}

bool decode(ByteView stored, std::vector<TableStat>& tables) {
  WireReader in(stored);
  const std::uint64_t count = in.varint();
  if (count > tables_max) return false;
  tables.resize(count);
  for (TableStat& table : tables) {
    table.name = in.sized_text(table_name_bytes_max);
    table.rows = in.varint();
    table.digest.low = in.fixed<std::uint64_t>();
    table.digest.high = in.fixed<std::uint64_t>();
  }
  return in.finished();
}

Result<ByteView> read(MDB_txn* txn, MDB_dbi meta, const std::string& what, std::string_view key) {
  auto value = lmdb::get_value(txn, meta, what, bytes_of(key));
  if (value.has_error()) {
    Error error = std::move(value).error();
    if (error.code == Errc::corrupt) error.message += remedy;
    return error;
  }
  if (!*value) return damaged(what, "it is gone");
  return **value;
}

}  // namespace

Result<void> check_format(MDB_txn* txn, MDB_dbi meta, const std::filesystem::path& file) {
  const std::string what = file.native() + ": the format version";
  REFOLD_TRY(const ByteView value, read(txn, meta, what, format_key));
  if (value.size() != sizeof view_format_version) return damaged(what, "it is malformed");
  const auto version = load_le<std::uint32_t>(value.data());
  if (version <= view_format_version) return ok();
  return Error{Errc::newer_format, file.native() + ": it has format version " +
                                       std::to_string(version) + ", this program knows up to " +
                                       std::to_string(view_format_version) +
                                       "; use the newer program that wrote it"};
}

Result<std::vector<TableStat>> read_tables(MDB_txn* txn, MDB_dbi meta,
                                           const std::filesystem::path& file) {
  const std::string what = file.native() + ": the list of tables";
  REFOLD_TRY(const ByteView value, read(txn, meta, what, tables_key));
  std::vector<TableStat> tables;
  if (!decode(value, tables)) return damaged(what, "it is malformed");
  return tables;
}

Result<Checkpoint> read_checkpoint(MDB_txn* txn, MDB_dbi meta, const std::filesystem::path& file) {
  REFOLD_TRY(const ByteView value,
             read(txn, meta, file.native() + ": the checkpoint", checkpoint_key));
  auto checkpoint = decode_checkpoint(value);
  if (checkpoint.has_value()) return checkpoint;
  Error error = within(file.native(), std::move(checkpoint).error());
  if (error.code == Errc::corrupt) error.message += remedy;
  return error;
}

int write_format(MDB_txn* txn, MDB_dbi meta) {
  std::uint8_t version[sizeof view_format_version];
  store_le(version, view_format_version);
  return lmdb::put_value(txn, meta, bytes_of(format_key), version);
}

int write_meta(MDB_txn* txn, MDB_dbi meta, const std::vector<TableStat>& tables,
               const Checkpoint& checkpoint) {
  int code = lmdb::put_value(txn, meta, bytes_of(tables_key), encode(tables));
  if (code == 0) {
    code = lmdb::put_value(txn, meta, bytes_of(checkpoint_key), view::encode(checkpoint));
  }
  return code;
}

}  // namespace refold::view
