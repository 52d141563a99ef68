#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/atproto/tid.h"
#include "core/base/bytes.h"
#include "core/index/draft.h"
#include "core/ingest/drops.h"
#include "core/ingest/scope.h"

namespace refold::ingest {

/// What a message means to whoever holds the connection that it came from.
struct Verdict {
  enum class Kind : std::uint8_t {
    taken,    ///< go on: it became drafts, or was dropped and counted
    refused,  ///< the server says why it will close: `code` and `message`
    broken,   ///< no message of this protocol: drop the connection. `message` says what is wrong
  };
  Kind kind = Kind::taken;
  std::string code;     ///< "FutureCursor", "ConsumerTooSlow": printable ASCII, at most 64 bytes
  std::string message;  ///< printable ASCII
};

struct DecoderOptions {
  /// Of log::flag, for every draft: `live` where a message is seen as it happens.
  std::uint16_t flags = 0;
  /// Where the position is kept (log::CursorUpdate): host, endpoint and unit. Empty: nowhere.
  std::string cursor_name;
  /// What to take; null: everything. Outlives the decoder.
  const Scope* scope = nullptr;
  Drops::Tell tell;
  Drops::Counts dropped_before{};  ///< by earlier decoders of the same source
};

/// Turns the messages of one stream into drafts: from a socket, a file or a test, it is the same.
///
/// Bytes in, drafts and a position out; what is not taken is counted. Every message is hostile. It
/// does not open, wait or retry, and it never decides what is a duplicate: the index does. One
/// thread at a time; the batches are the caller's.
class Decoder {
 public:
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Appends the drafts of one message to `batch`, everything they point to in its arena. With
  /// `broken` and `refused` the batch is as it was.
  [[nodiscard]] virtual Verdict decode(ByteView message, index::DraftBatch& batch) = 0;

  /// Before a batch that this decoder filled goes to the recorder: adds the cursor, and marks of
  /// repos whose newest commit left no draft.
  void finish(index::DraftBatch& batch);

  /// The position that the stream goes on from (an earlier cursor()). What the server says it has
  /// lost since then becomes a gap.
  void resume(std::uint64_t cursor) noexcept { position_ = cursor; }
  /// The position behind every message decoded so far, as the server counts (a seq, or
  /// microseconds): what to ask it for next. 0: none yet.
  [[nodiscard]] std::uint64_t cursor() const noexcept { return position_; }

  [[nodiscard]] const Drops& drops() const noexcept { return drops_; }
  [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
  [[nodiscard]] std::uint64_t message_bytes() const noexcept { return message_bytes_; }
  /// The newest time that the server put into a message: microseconds since 1970; 0: none yet.
  [[nodiscard]] std::int64_t upstream_us() const noexcept { return upstream_us_; }

 protected:
  explicit Decoder(DecoderOptions options)
      : options_(std::move(options)),
        scope_(options_.scope),
        drops_(options_.tell, options_.dropped_before) {}

  void count_message(ByteView message) noexcept {
    ++messages_;
    message_bytes_ += message.size();
    scope_.refresh();
  }
  void moved_to(std::uint64_t position) noexcept {
    if (position > position_) position_ = position;
  }
  void saw_time(std::int64_t upstream_us) noexcept {
    if (upstream_us > upstream_us_) upstream_us_ = upstream_us;
  }
  /// The repo has reached `rev` with a commit that left no draft in the batch.
  void mark(std::string_view did, atproto::Tid rev);
  /// The rev of the last mark() since finish(), or 0.
  [[nodiscard]] atproto::Tid marked(std::string_view did) const;

  DecoderOptions options_;
  ScopeView scope_;
  Drops drops_;

 private:
  std::map<std::string, atproto::Tid, std::less<>> marks_;
  std::uint64_t position_ = 0;
  std::uint64_t finished_position_ = 0;  ///< what the last finish() told of
  std::uint64_t messages_ = 0;
  std::uint64_t message_bytes_ = 0;
  std::int64_t upstream_us_ = 0;
};

/// A draft that says that a source has lost events: `reason` is the server's word for it
/// ("OutdatedCursor"), `first` and `last` are the positions that are gone. Two of the same position
/// and source are one event.
[[nodiscard]] index::Draft gap_draft(std::string_view reason, std::uint64_t first,
                                     std::uint64_t last, Arena& arena);

}  // namespace refold::ingest
