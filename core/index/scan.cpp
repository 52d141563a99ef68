#include <algorithm>

#include "core/index/index_impl.h"

namespace refold::index {
namespace {

bool starts_with(ByteView key, ByteView prefix) {
  return key.size() >= prefix.size() && equal(key.first(prefix.size()), prefix);
}

RecordKey record_of(ByteView key) {
  RecordKey record;
  std::copy_n(key.begin(), record.size(), record.begin());
  return record;
}

}  // namespace

Result<void> Index::versions_of(ByteView prefix,
                                const std::function<Result<void>(const VersionAt&)>& visit) {
  REFOLD_CHECK(flush());
  const auto heads = [&](ByteView key, ByteView row) -> Result<bool> {
    if (!starts_with(key, prefix)) return false;
    REFOLD_TRY(const Head head, decode_head(key, row));
    REFOLD_CHECK(visit({record_of(key), head.seq, true}));
    return true;
  };
  REFOLD_CHECK(impl_->mine.snapshot().scan(Table::heads, prefix, heads));
  const auto versions = [&](ByteView key, ByteView row) -> Result<bool> {
    if (!starts_with(key, prefix)) return false;
    REFOLD_TRY(const log::Seq seq, decode_seq(key, row));
    REFOLD_CHECK(visit({record_of(key), seq, false}));
    return true;
  };
  return impl_->mine.snapshot().scan(Table::versions, prefix, versions);
}

Result<std::vector<log::Seq>> Index::missing(std::size_t count_max) {
  REFOLD_CHECK(flush());
  std::vector<log::Seq> found;
  const auto visit = [&](ByteView key, ByteView row) -> Result<bool> {
    if (found.size() == count_max) return false;
    REFOLD_TRY(const log::Seq seq, decode_seq(key, row));
    found.push_back(seq);
    return true;
  };
  REFOLD_CHECK(impl_->mine.snapshot().scan(Table::missing, {}, visit));
  return found;
}

Result<void> Index::visit_rows(const RowVisitor& visit) {
  REFOLD_CHECK(flush());
  for (const Table table : derived_tables) {
    const auto row = [&](ByteView key, ByteView value) -> Result<bool> {
      REFOLD_CHECK(visit(name(table), key, value));
      return true;
    };
    REFOLD_CHECK(impl_->mine.snapshot().scan(table, {}, row));
  }
  return ok();
}

Result<Sha256Digest> Index::digest() {
  Sha256 hash;
  const auto add = [&](std::string_view table, ByteView key, ByteView value) -> Result<void> {
    hash.update(bytes_of(table));
    hash.update(key);
    hash.update(value);
    return ok();
  };
  REFOLD_CHECK(visit_rows(add));
  return hash.finish();
}

}  // namespace refold::index
