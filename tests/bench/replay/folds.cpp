#include <string>

#include "core/log/change.h"
#include "tests/bench/replay/fold.h"
#include "tests/bench/replay/plugin/records.h"

namespace refold::bench {
namespace {

std::optional<Like> like_in(ByteView record) {
  if (record.empty()) return std::nullopt;
  std::optional<Like> like(std::in_place);
  refold::detail::RecordReader reader(record);
  if (!reader.read(*like)) return std::nullopt;
  return like;
}

void count(const log::Event& event, FoldedRows& rows) {
  const std::int64_t by = living_records_by(event.record, event.previous_record);
  if (by != 0) rows.add(event.collection, by);
}
void count_by_author(const log::Event& event, FoldedRows& rows) {
  const std::int64_t by = living_records_by(event.record, event.previous_record);
  if (by != 0) rows.add(event.did, by);
}
void count_likes(const log::Event& event, FoldedRows& rows) {
  if (const auto old = like_in(event.previous_record)) rows.add(old->subject.uri, -1);
  if (const auto now = like_in(event.record)) rows.add(now->subject.uri, +1);
}

/// The key is did/collection/rkey, the row the rev and the record.
void keep_newest(const log::Event& event, FoldedRows& rows) {
  thread_local std::string key;
  key.assign(event.did).append("/").append(event.collection).append("/").append(event.rkey);
  if (event.record.empty()) return rows.remove(key);
  std::uint8_t rev[sizeof event.rev.value];
  store_le(rev, event.rev.value);
  rows.put(key, rev, event.record);
}

template <class Key>
view::Digest digest_of_count(std::string_view key, std::string_view row) {
  refold::detail::Buffer bytes;
  refold::detail::write_key<Key>(bytes, key);
  return view::digest_of(table_name, bytes.view(), bytes_of(row));
}
view::Digest digest_of_newest(std::string_view key, std::string_view row) {
  const std::size_t first = key.find('/');
  const std::size_t second = key.find('/', first + 1);
  refold::detail::Buffer key_bytes;
  refold::detail::write_key<std::tuple<Did, Nsid, RecordKey>>(
      key_bytes,
      {key.substr(0, first), key.substr(first + 1, second - first - 1), key.substr(second + 1)});
  const ByteView stored = bytes_of(row);
  const ByteView record = stored.subspan(sizeof(std::uint64_t));
  refold::detail::Buffer row_bytes;
  refold::detail::write_row(row_bytes, Newest{{load_le<std::uint64_t>(stored.data())},
                                              Bytes(record.begin(), record.end())});
  return view::digest_of(table_name, key_bytes.view(), row_bytes.view());
}

}  // namespace

Fold counts_fold() noexcept { return {"counts", "", count, digest_of_count<Nsid>}; }
Fold likes_fold() noexcept {
  return {"likes", like_collection, count_likes, digest_of_count<AtUri>};
}
Fold newest_fold() noexcept { return {"newest", "", keep_newest, digest_of_newest}; }
Fold rare_fold() noexcept {
  return {"rare", rare_collection, count_by_author, digest_of_count<Did>};
}

}  // namespace refold::bench
