#pragma once

#include <memory>

#include "core/base/result.h"
#include "core/ingest/decoder.h"

namespace refold::ingest {

/// The two languages of Jetstream servers.
enum class JetstreamVersion : std::uint8_t {
  v1,  ///< `/subscribe`: the cursor counts microseconds
  v2,  ///< `network.bsky.jetstream.subscribeEvents`: the cursor is a seq
};

/// Decodes messages of Jetstream: JSON text, or a zstd frame with the server's dictionary, told
/// apart by their first bytes. A record must hash to its CID; otherwise the server is trusted.
class JetstreamDecoder final : public Decoder {
 public:
  /// `dictionary` is what zstd frames need, copied; it may be empty.
  /// Errors: `invalid` if it is none of zstd's.
  [[nodiscard]] static Result<std::unique_ptr<JetstreamDecoder>> make(JetstreamVersion version,
                                                                      ByteView dictionary = {},
                                                                      DecoderOptions options = {});
  ~JetstreamDecoder() override;

  /// What a server calls the dictionary; 0: there is none.
  [[nodiscard]] std::uint32_t dictionary_id() const noexcept;

  [[nodiscard]] Verdict decode(ByteView message, index::DraftBatch& batch) override;

 private:
  struct State;
  JetstreamDecoder(DecoderOptions options, std::unique_ptr<State> state);
  Verdict decode_line(std::string_view text, index::DraftBatch& batch);
  Verdict decode_message(std::string_view text, index::DraftBatch& batch);
  void take_seq();
  void settle(const LineResult& decoded, std::size_t before, index::DraftBatch& batch);

  std::unique_ptr<State> state_;
};

}  // namespace refold::ingest
