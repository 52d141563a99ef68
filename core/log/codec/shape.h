#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace refold::log::codec {

/// A payload is a shape and the values of its slots.
///
/// Records of one kind differ in little: a like is fixed bytes, a CID, a DID, a TID and a time. The
/// fixed bytes are the shape; it is stored once per segment. The rest are slots, stored in columns
/// by what they are, in binary: 59 characters of a CID are 32 bytes, 13 of a TID 63 bits, a time is
/// its distance from the event's own. Payloads are DAG-CBOR; whatever does not parse, or has more
/// structure than `slots_max` and `key_bytes_max` allow, has no shape and is kept as it is.
/// Writing a shape with its slots gives the payload back to the last byte.
enum class Op : std::uint8_t {
  literal = 0,   ///< bytes of the shape itself
  text = 1,      ///< a text with its head
  bytes = 2,     ///< a byte string with its head
  positive = 3,  ///< an integer with its head: its argument
  negative = 4,
  did = 5,      ///< 32 characters: did:plc:...
  tid = 6,      ///< 13 characters
  ref_cid = 7,  ///< 59 characters; this and the next two are a strong reference, kept as one
  ref_did = 8,
  ref_tid = 9,
  cid_dag_cbor = 10,  ///< 59 characters
  cid_raw = 11,
  digest = 12,    ///< 32 bytes, inside a link
  datetime = 13,  ///< 13..16: the characters of atproto::DatetimeForm (op - 13)
};
inline constexpr std::uint8_t op_last = 16;
inline constexpr std::size_t did_plc_length = 32;
inline constexpr std::size_t slots_max = 96;
inline constexpr std::size_t key_bytes_max = 4096;
/// How much readable memory follows literals and texts, so that they can be copied in wide steps.
inline constexpr std::size_t wide_bytes = 16;

/// The value of one slot, as found in a payload; views point into it.
struct Slot {
  Op op;
  std::uint64_t number = 0;               ///< integers, TIDs, datetimes (microseconds since 1970)
  ByteView bytes{};                       ///< text and bytes
  std::array<std::uint8_t, 32> binary{};  ///< digests; the first 15 of a DID
};

/// Takes payloads apart. Reused for many; one thread.
class Parser {
 public:
  /// Returns false if the payload has no shape. Else key() and slots() describe it until the next
  /// call.
  [[nodiscard]] bool parse(ByteView payload);
  /// The shape, in its stored form: ops, literals with their lengths.
  [[nodiscard]] ByteView key() const noexcept { return key_; }
  [[nodiscard]] std::span<const Slot> slots() const noexcept { return slots_; }

 private:
  struct Item {
    std::uint8_t major;
    std::uint64_t argument;
    std::size_t head_bytes;
  };
  [[nodiscard]] std::optional<Item> head_at(std::size_t at) const noexcept;
  [[nodiscard]] bool value(unsigned depth, bool literal_text);
  [[nodiscard]] bool map(std::uint64_t entries, unsigned depth);
  [[nodiscard]] bool text(const Item& item, bool literal_text);
  [[nodiscard]] bool special_text(std::string_view text, std::size_t head_bytes);
  [[nodiscard]] bool link();
  [[nodiscard]] bool strong_ref();
  void literal(std::size_t count);
  void slot(const Slot& slot);
  void flush_literal();

  ByteView payload_;
  std::size_t at_ = 0;
  std::size_t literal_from_ = 0;  // the literal being collected is payload_[literal_from_, at_)
  Bytes key_;
  std::vector<Slot> slots_;
};

/// One step of writing a payload: a literal, which may be empty, and the slot behind it.
struct Step {
  Op op = Op::literal;  ///< the slot; `literal`: none follows
  std::uint32_t literal_at = 0;
  std::uint32_t literal_size = 0;
};

/// The shapes of a segment, as a reader uses them.
class Shapes {
 public:
  struct Shape {
    std::uint32_t first_step = 0;
    std::uint32_t steps = 0;
    std::uint32_t fixed_bytes = 0;  ///< the most that everything but texts and bytes takes
    // How many values of each column it takes:
    std::uint16_t lengths = 0;
    std::uint16_t dids = 0;
    std::uint16_t tids = 0;
    std::uint16_t refs = 0;
    std::uint16_t times = 0;
    std::uint16_t integers = 0;
    std::uint16_t digests = 0;
  };

  /// Adds a shape by its stored form. Returns false if no Parser makes such a form.
  [[nodiscard]] bool add(ByteView key);

  [[nodiscard]] std::size_t size() const noexcept { return shapes_.size(); }
  [[nodiscard]] const Shape& operator[](std::size_t i) const noexcept { return shapes_[i]; }
  [[nodiscard]] std::span<const Step> steps(const Shape& shape) const noexcept {
    return {steps_.data() + shape.first_step, shape.steps};
  }
  [[nodiscard]] const std::uint8_t* literal(const Step& step) const noexcept {
    return literals_.data() + step.literal_at;
  }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  std::vector<Shape> shapes_;
  std::vector<Step> steps_;
  Bytes literals_ = Bytes(wide_bytes);  // the padding stays behind the last
};

}  // namespace refold::log::codec
