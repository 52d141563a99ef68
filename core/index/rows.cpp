#include "core/index/rows.h"

#include <algorithm>

#include "core/base/wire.h"
#include "core/log/limits.h"

namespace refold::index {
namespace {

constexpr std::uint32_t format_version = 1;
constexpr std::size_t checksum_bytes = 4;

std::uint32_t row_checksum(ByteView key, ByteView value) noexcept {
  return static_cast<std::uint32_t>(checksum(value, checksum(key)));
}

Error damaged(ByteView key, std::string_view what) {
  return {Errc::corrupt, "index row " + hex(key) + ": " + std::string(what) +
                             "; rebuild the index with 'refold log reindex'"};
}

Result<ByteView> checked(ByteView key, ByteView row) {
  if (row.size() < checksum_bytes) return damaged(key, "shorter than its checksum");
  const auto stored = load_le<std::uint32_t>(row.data());
  const std::uint32_t found = row_checksum(key, row.subspan(checksum_bytes));
  if (stored == found) return row.subspan(checksum_bytes);
  return damaged(key, "checksum mismatch (stored " + hex(row.first(checksum_bytes)) + ", found " +
                          hex(ByteView(reinterpret_cast<const std::uint8_t*>(&found), 4)) + ")");
}

void seal_row(ByteView key, std::uint8_t* row, std::size_t size) noexcept {
  store_le(row, row_checksum(key, {row + checksum_bytes, size - checksum_bytes}));
}

}  // namespace

void encode_head(const RecordKey& key, const Head& head, std::uint8_t* to60) noexcept {
  std::uint8_t* const at = to60 + checksum_bytes;
  store_le(at, head.seq);
  store_le(at + 8, head.rev.value);
  store_le(at + 16, head.order);
  at[18] = static_cast<std::uint8_t>(head.kind);
  at[19] = static_cast<std::uint8_t>(head.missing);
  at[20] = head.redacted ? 1 : 0;
  at[21] = head.cid ? static_cast<std::uint8_t>(head.cid->codec) : 0;
  store_le(at + 22, std::uint16_t{0});
  if (head.cid) {
    std::copy(head.cid->digest.begin(), head.cid->digest.end(), at + 24);
  } else {
    std::fill_n(at + 24, 32, std::uint8_t{0});
  }
  seal_row(key, to60, head_row_bytes);
}

Result<Head> decode_head(ByteView key, ByteView row) {
  REFOLD_TRY(const ByteView body, checked(key, row));
  if (row.size() != head_row_bytes) return damaged(key, "no head of a record");
  const std::uint8_t* const at = body.data();
  Head head;
  head.seq = load_le<std::uint64_t>(at);
  head.rev.value = load_le<std::uint64_t>(at + 8);
  head.order = load_le<std::uint16_t>(at + 16);
  head.kind = static_cast<log::Kind>(at[18]);
  head.missing = static_cast<log::Missing>(at[19]);
  head.redacted = at[20] != 0;
  if (at[21] != 0) {
    head.cid.emplace();
    head.cid->codec = static_cast<atproto::Cid::Codec>(at[21]);
    std::copy_n(at + 24, 32, head.cid->digest.begin());
  }
  return head;
}

void encode_seq(ByteView key, log::Seq seq, std::uint8_t* to12) noexcept {
  store_le(to12 + checksum_bytes, seq);
  seal_row(key, to12, seq_row_bytes);
}

Result<log::Seq> decode_seq(ByteView key, ByteView row) {
  REFOLD_TRY(const ByteView body, checked(key, row));
  if (row.size() != seq_row_bytes) return damaged(key, "no seq");
  return load_le<std::uint64_t>(body.data());
}

Bytes encode_repo(const RepoKey& key, const RepoRow& row) {
  Bytes bytes(checksum_bytes);
  put_fixed(bytes, row.state.rev.value);
  put_fixed(bytes, row.state.account_us);
  put_fixed(bytes, row.state.identity_us);
  bytes.push_back(row.state.active ? 1 : 0);
  put_sized(bytes, bytes_of(row.did));
  put_sized(bytes, bytes_of(row.state.status));
  put_sized(bytes, bytes_of(row.state.handle));
  seal_row(key, bytes.data(), bytes.size());
  return bytes;
}

Result<RepoRow> decode_repo(ByteView key, ByteView row) {
  REFOLD_TRY(const ByteView body, checked(key, row));
  WireReader reader(body);
  RepoRow found;
  found.state.rev.value = reader.fixed<std::uint64_t>();
  found.state.account_us = reader.fixed<std::int64_t>();
  found.state.identity_us = reader.fixed<std::int64_t>();
  found.state.active = reader.fixed<std::uint8_t>() != 0;
  found.did = reader.sized_text(log::did_bytes_max);
  found.state.status = reader.sized_text(log::status_bytes_max);
  found.state.handle = reader.sized_text(log::handle_bytes_max);
  if (!reader.finished()) return damaged(key, "no state of a repo");
  return found;
}

Bytes encode_checkpoint(const Checkpoint& checkpoint) {
  Bytes bytes;
  bytes.reserve(checksum_bytes + sizeof checkpoint);  // gcc 12 warns of what growing would overrun
  bytes.resize(checksum_bytes);
  put_fixed(bytes, format_version);
  append(bytes, checkpoint.log_id);
  put_fixed(bytes, checkpoint.seq);
  append(bytes, checkpoint.event);
  seal_row({}, bytes.data(), bytes.size());
  return bytes;
}

std::optional<Checkpoint> decode_checkpoint(ByteView row) {
  const auto body = checked({}, row);
  if (!body) return std::nullopt;
  WireReader reader(*body);
  if (reader.fixed<std::uint32_t>() != format_version) return std::nullopt;
  Checkpoint found;
  const ByteView log_id = reader.bytes(found.log_id.size());
  std::copy(log_id.begin(), log_id.end(), found.log_id.begin());
  found.seq = reader.fixed<std::uint64_t>();
  const ByteView event = reader.bytes(found.event.size());
  std::copy(event.begin(), event.end(), found.event.begin());
  if (!reader.finished()) return std::nullopt;
  return found;
}

}  // namespace refold::index
