#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

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

/// A strong reference that occurs more than once. References are looked up at random, in tables
/// much larger than a cache: each is one cache line, and holds all that it stands for.
struct alignas(64) Ref {
  Sha256Digest digest{};
  std::uint64_t tid = 0;
  std::uint32_t did = 0;  ///< index of a did:plc
  Plc plc{};              ///< the same, spelled out

  friend bool operator==(const Ref& a, const Ref& b) noexcept {
    return a.digest == b.digest && a.tid == b.tid && a.did == b.did && a.plc == b.plc;
  }
};

inline constexpr std::size_t text_prefix_bytes_max = std::size_t{64} << 10;

/// What the blocks of a segment share: immutable once read; any thread.
///
/// DIDs are numbered: the did:plc ones first, the most frequent ones lowest. `index 0` in a column
/// of DIDs means "spelled out"; DID i is column value i + 1. The same for strong references.
class Dictionary {
 public:
  /// Reads what DictionaryBuilder::write() wrote. Returns an empty text, or what is wrong.
  [[nodiscard]] std::string read(ByteView bytes);

  [[nodiscard]] std::size_t plc_count() const noexcept { return plc_count_; }
  [[nodiscard]] std::size_t did_count() const noexcept { return plc_count_ + other_dids_.size(); }
  /// The 32 characters of a did:plc.
  [[nodiscard]] const char* plc(std::size_t i) const noexcept {
    return reinterpret_cast<const char*>(plc_texts_.data()) + i * did_plc_length;
  }
  [[nodiscard]] std::string_view did(std::size_t i) const noexcept {
    return i < plc_count_ ? std::string_view(plc(i), did_plc_length)
                          : std::string_view(other_dids_[i - plc_count_]);
  }

  /// What the text of frames refers back to.
  [[nodiscard]] const Prefix* text_prefix() const noexcept { return text_prefix_.get(); }
  [[nodiscard]] const std::vector<Head>& heads() const noexcept { return heads_; }
  [[nodiscard]] const std::vector<Ref>& refs() const noexcept { return refs_; }
  [[nodiscard]] const Shapes& shapes() const noexcept { return shapes_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  bool read_heads(WireReader& from);
  bool read_dids(WireReader& from);
  bool read_refs(WireReader& from);
  bool read_shapes(WireReader& from);

  std::unique_ptr<Prefix> text_prefix_;
  std::vector<Head> heads_;
  std::size_t plc_count_ = 0;
  ByteView plcs_;  // into the bytes being read
  Bytes plc_texts_;
  std::vector<std::string> other_dids_;
  std::vector<Ref> refs_;
  Shapes shapes_;
};

}  // namespace refold::log::codec
