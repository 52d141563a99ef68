#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/index/index.h"
#include "core/index/keys.h"

namespace refold::index {

/// The values of the index's tables as bytes: little-endian, each with a checksum that binds it to
/// its key (LMDB 0.9 has none). Decoding errors are `corrupt`, with the key and both checksums.

inline constexpr std::size_t head_row_bytes = 60;
void encode_head(const RecordKey& key, const Head& head, std::uint8_t* to60) noexcept;
[[nodiscard]] Result<Head> decode_head(ByteView key, ByteView row);

/// Where an event is: the value of `versions`, `missing` and `notices`.
inline constexpr std::size_t seq_row_bytes = 12;
void encode_seq(ByteView key, log::Seq seq, std::uint8_t* to12) noexcept;
[[nodiscard]] Result<log::Seq> decode_seq(ByteView key, ByteView row);

struct RepoRow {
  std::string did;
  RepoState state;
};
[[nodiscard]] Bytes encode_repo(const RepoKey& key, const RepoRow& row);
[[nodiscard]] Result<RepoRow> decode_repo(ByteView key, ByteView row);

/// How far the index has read the log, and which log.
struct Checkpoint {
  log::LogId log_id{};
  log::Seq seq = 0;
  Sha256Digest event{};  ///< SHA-256 of the canonical header of that event; zeros for seq 0
};
[[nodiscard]] Bytes encode_checkpoint(const Checkpoint& checkpoint);
/// None: written in another format, or damaged. The index is then built anew.
[[nodiscard]] std::optional<Checkpoint> decode_checkpoint(ByteView row);

}  // namespace refold::index
