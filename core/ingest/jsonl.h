#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/index/draft.h"

namespace refold::ingest {

/// The most bytes of one line of JSON: four times the largest record. One that is escaped nearly
/// all over can have six times its size; to read lines of any length costs simdjson's memory many
/// times.
inline constexpr std::size_t line_bytes_max = std::size_t{4} << 20;

/// Why a line holds no draft: what callers count by.
enum class LineFault : std::uint8_t {
  too_long,      ///< over line_bytes_max
  not_json,      ///< broken JSON, or not an object
  unknown_kind,  ///< neither a commit nor an identity nor an account
  bad_did,
  bad_operation,  ///< neither create nor update nor delete
  bad_collection,
  bad_rkey,
  bad_rev,
  bad_cid,    ///< not a CID, or none where there must be one
  bad_field,  ///< anything else that is missing, or of the wrong type, or out of bounds
};
/// "too_long", "not_json", ...: as it appears in JSON output.
[[nodiscard]] std::string_view name(LineFault fault) noexcept;

/// Why one line holds no draft, for counting and as a sentence that names the field and its value.
/// The sentence is printable ASCII, whatever the line held.
struct LineError {
  LineFault fault{};
  std::string reason;
};
using LineResult = boost::system::result<void, LineError>;

/// Turns lines of JSON in the form of Jetstream into drafts.
///
/// A line is one object: of version 1 `{"did", "time_us", "kind", "commit" | "identity" |
/// "account"}`, of version 2 `{"$type": "message", "payload": {...}}`. Every line is untrusted. One
/// thread at a time; reuses its memory from line to line.
class JsonlDecoder {
 public:
  JsonlDecoder();
  ~JsonlDecoder();
  JsonlDecoder(const JsonlDecoder&) = delete;
  JsonlDecoder& operator=(const JsonlDecoder&) = delete;

  /// Appends the line's draft to `batch`, its texts and its record (as canonical DAG-CBOR) in the
  /// batch's arena. Flags are left at 0: whether this is live, the caller knows.
  ///
  /// A create or update whose record is absent, too large or not of the data model becomes a draft
  /// with its CID and the reason in `missing`. A LineError leaves the drafts of the batch as they
  /// were.
  [[nodiscard]] LineResult decode_line(std::string_view line, index::DraftBatch& batch);

  /// When the last line's event happened: its `time_us`, or of version 2 its time; 0 if it had
  /// none.
  [[nodiscard]] std::int64_t time_us() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace refold::ingest
