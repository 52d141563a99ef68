#pragma once

#include <zstd.h>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/log/event.h"

namespace refold::bench {

/// A block of events in "columnar strings": each field of all events one after another, texts as
/// texts, and one zstd frame (level 3, with its checksum) around everything. It is how Jetstream v2
/// lays out its archive, made here to be compared with. Carries no `previous`.
///
///   block   = count:u32 seq:u64, then columns of `count` values each:
///             witness_us:i64 flags:u16 order:u16 kind:u8 missing:u8
///             lengths of did:u16 collection:u16 rkey:u16 rev:u8 record:u32 other:u16
///             then the bytes of did, collection, rkey, rev, record, other
///   other   = of the events that are not of a record: what only they have, as a row
inline constexpr std::size_t columnar_block_events = 4096;

/// Turns events into blocks. One thread.
class ColumnarWriter {
 public:
  ColumnarWriter();
  /// One zstd frame; valid until the next call. At most columnar_block_events events.
  [[nodiscard]] Result<ByteView> encode(std::span<const log::Event> events);

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, FreeContext> context_;
  Bytes raw_;
  Bytes frame_;
};

/// Reads blocks. One thread.
class ColumnarReader {
 public:
  ColumnarReader();
  /// Replaces `events` with those of the frame, from the source that all are from. Views; valid
  /// until the next call.
  [[nodiscard]] Result<void> decode(ByteView frame, std::string_view source,
                                    std::vector<log::Event>& events);

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  Bytes raw_;
};

}  // namespace refold::bench
