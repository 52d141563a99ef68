#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/atproto/base32.h"
#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/wire.h"
#include "core/log/codec/compress.h"
#include "core/log/codec/shape.h"
#include "core/log/event.h"

namespace refold::log::codec {

/// What an event has, beyond what its kind says: bits of Head::parts.
namespace part {
inline constexpr std::uint16_t rev = 1;
inline constexpr std::uint16_t rkey_tid = 2;
inline constexpr std::uint16_t rkey_text = 4;
inline constexpr std::uint16_t record = 8;
inline constexpr std::uint16_t previous_seq = 16;
inline constexpr std::uint16_t previous_record = 32;
inline constexpr std::uint16_t stored_cid = 64;       ///< of dag-cbor
inline constexpr std::uint16_t stored_cid_raw = 128;  ///< of codec raw
inline constexpr std::uint16_t upstream = 256;        ///< upstream seq and time
inline constexpr std::uint16_t notice = 512;          ///< status and handle
}  // namespace part

/// The fields of an event that take few values together: stored once per segment, one number per
/// event.
struct Head {
  Kind kind = Kind::create;
  Missing missing = Missing::no;
  PreviousState previous_state = PreviousState::none;
  bool active = false;
  std::uint16_t flags = 0;
  std::uint16_t parts = 0;
  std::string source;

  [[nodiscard]] auto fields() const noexcept {
    return std::tie(kind, missing, previous_state, active, flags, parts, source);
  }
  friend bool operator<(const Head& a, const Head& b) noexcept { return a.fields() < b.fields(); }
};

/// A did:plc in binary.
using Plc = std::array<std::uint8_t, 15>;
/// Writes its did_plc_length characters.
inline void write_did_plc(const std::uint8_t* plc, char* to) noexcept {
  std::memcpy(to, "did:plc:", 8);
  atproto::write_plc(plc, to + 8);
}

/// A strong reference that occurs more than once.
struct Ref {
  Sha256Digest digest{};
  std::uint64_t tid = 0;
  std::uint32_t did = 0;  ///< index of a did:plc

  friend bool operator==(const Ref&, const Ref&) = default;
};
inline constexpr std::size_t ref_bytes = 44;  ///< digest, tid:u64, did:u32

inline constexpr std::size_t text_prefix_bytes_max = std::size_t{64} << 10;

/// What the blocks of a segment share: immutable once read; any thread.
///
/// Its two large tables (did:plc identifiers of 15 bytes each, references of ref_bytes each) stay
/// where they are: in the mapped file, so that an open segment takes little memory.
///
/// DIDs are numbered: the did:plc ones first, the most frequent ones lowest. `index 0` in a column
/// of DIDs means "spelled out"; DID i is column value i + 1. The same for strong references.
class Dictionary {
 public:
  /// Reads what DictionaryBuilder::write() and write_tables() wrote. `tables` outlives it. Returns
  /// an empty text, or what is wrong.
  [[nodiscard]] std::string read(ByteView bytes, ByteView tables);

  [[nodiscard]] std::size_t plc_count() const noexcept { return plc_count_; }
  [[nodiscard]] std::size_t did_count() const noexcept { return plc_count_ + other_dids_.size(); }
  [[nodiscard]] std::size_t ref_count() const noexcept { return ref_count_; }
  /// The 15 bytes of a did:plc.
  [[nodiscard]] const std::uint8_t* plc(std::size_t i) const noexcept {
    return plcs_ + i * std::tuple_size_v<Plc>;
  }
  /// The text of a DID: the dictionary's, or in `arena`.
  [[nodiscard]] std::string_view did(std::size_t i, Arena& arena) const;
  /// The ref_bytes of a reference.
  [[nodiscard]] const std::uint8_t* ref(std::size_t i) const noexcept {
    return refs_ + i * ref_bytes;
  }
  /// The did:plc of a reference, by its index.
  [[nodiscard]] const std::uint8_t* plc_of(const std::uint8_t* ref) const noexcept {
    // Checked when it was read; but the table is not ours to keep from changing.
    return plc(std::min<std::size_t>(load_le<std::uint32_t>(ref + 40), plc_count_ - 1));
  }

  /// What the text of frames refers back to.
  [[nodiscard]] const Prefix* text_prefix() const noexcept { return text_prefix_.get(); }
  [[nodiscard]] const std::vector<Head>& heads() const noexcept { return heads_; }
  [[nodiscard]] const Shapes& shapes() const noexcept { return shapes_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  bool read_heads(WireReader& from);
  bool read_dids(WireReader& from);
  bool read_tables(ByteView tables);
  bool read_shapes(WireReader& from);

  std::unique_ptr<Prefix> text_prefix_;
  std::vector<Head> heads_;
  std::size_t plc_count_ = 0;
  std::size_t ref_count_ = 0;
  const std::uint8_t* plcs_ = nullptr;  // into the tables
  const std::uint8_t* refs_ = nullptr;
  std::vector<std::string> other_dids_;
  Shapes shapes_;
};

}  // namespace refold::log::codec
