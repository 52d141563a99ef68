#include "core/log/codec/frame.h"

#include <algorithm>

#include "core/log/codec/numbers.h"
#include "core/log/limits.h"

namespace refold::log::codec {
namespace {

// One frame holds at most one block, and an event a few texts, two payloads and their slots.
constexpr std::size_t values_max = std::size_t{1} << 24;
constexpr std::size_t stream_bytes_max = std::size_t{64} << 20;

bool unpack(ByteView packed, std::size_t raw_size, Bytes& raw, std::size_t padding,
            Decompressor& decompressor, const Prefix* prefix) {
  if (packed.size() != raw_size) {
    return decompressor.decompress(packed, raw_size, raw, prefix, padding);
  }
  raw.assign(packed.begin(), packed.end());
  raw.resize(raw_size + padding);
  return true;
}

std::uint64_t largest(const std::vector<std::uint64_t>& column) {
  return column.empty() ? 0 : *std::max_element(column.begin(), column.end());
}

}  // namespace

std::string Frame::load(Bytes bytes, const Dictionary& dictionary, Decompressor& decompressor,
                        const Prefix* prefix) {
  bytes_ = std::move(bytes);
  std::string wrong = load_streams(decompressor, prefix);
  if (wrong.empty() && !in_dictionary(dictionary)) wrong = "a number is not in the dictionary";
  if (wrong.empty() && !consistent(dictionary)) wrong = "its columns do not fit together";
  if (!wrong.empty()) columns_[Column::head].clear();
  return wrong;
}

std::string Frame::load_streams(Decompressor& decompressor, const Prefix* prefix) {
  WireReader from(bytes_);
  const std::uint64_t classes_raw = from.varint();
  const std::uint64_t classes_size = from.varint();
  const std::uint64_t text_raw = from.varint();
  const std::uint64_t text_size = from.varint();
  const std::uint64_t bits_size = from.varint();
  digest_count_ = from.varint();
  plc_count_ = from.varint();
  first_witness_us_ = unzigzag(from.varint());
  if (classes_raw > stream_bytes_max || text_raw > stream_bytes_max || digest_count_ > values_max ||
      plc_count_ > values_max) {
    return "a stream is too large";
  }
  const ByteView classes = from.bytes(classes_size);
  const ByteView text = from.bytes(text_size);
  const ByteView bits = from.bytes(bits_size);
  digests_ = from.bytes(digest_count_ * 32).data();
  plcs_ = from.bytes(plc_count_ * 15).data();
  if (!from.finished()) return "its streams do not fill it";
  if (!unpack(classes, classes_raw, classes_, 0, decompressor, nullptr)) {
    return "its numbers do not decompress";
  }
  if (!unpack(text, text_raw, text_, wide_bytes, decompressor, prefix)) {
    return "its text does not decompress";
  }
  return load_columns(classes_, bits);
}

std::string Frame::load_columns(ByteView classes, ByteView bits) {
  if (bits.size() < bit_padding_bytes) return "its bits have no padding";
  ColumnReader reader(classes, bits);
  for (std::size_t i = 0; i < column_count; ++i) {
    const std::size_t count_max = i == Column::head ? block_events : values_max;
    if (!reader.next(columns_[i], count_max)) return "a column of numbers is cut off";
  }
  return reader.finished() ? std::string() : "more columns than there are";
}

bool Frame::in_dictionary(const Dictionary& dictionary) const {
  return largest(columns_[Column::head]) < std::max<std::size_t>(dictionary.heads().size(), 1) &&
         !(dictionary.heads().empty() && events() > 0) &&
         largest(columns_[Column::actor]) <= dictionary.did_count() &&
         std::find(columns_[Column::actor].begin(), columns_[Column::actor].end(), 0U) ==
             columns_[Column::actor].end() &&
         largest(columns_[Column::shape]) <= dictionary.shapes().size() &&
         largest(columns_[Column::did]) <= dictionary.plc_count() &&
         largest(columns_[Column::reference]) <= dictionary.ref_count() &&
         largest(columns_[Column::rev_clock]) <= atproto::tid_clock_id_max &&
         largest(columns_[Column::rkey_clock]) <= atproto::tid_clock_id_max &&
         largest(columns_[Column::tid_clock]) <= atproto::tid_clock_id_max;
}

// Adds up what the events take from each column and stream. Nothing less than all of it is right.
bool Frame::consistent(const Dictionary& dictionary) const {
  std::array<std::uint64_t, column_count> takes{};
  std::uint64_t digests = 0;
  std::size_t payloads = 0;
  for (const std::uint64_t number : columns_[Column::head]) {
    const std::uint16_t parts = dictionary.heads()[number].parts;
    const auto has = [parts](std::uint16_t bit) { return (parts & bit) != 0 ? 1U : 0U; };
    takes[Column::rev_time] += has(part::rev);
    takes[Column::rkey_time] += has(part::rkey_tid);
    takes[Column::previous] += has(part::previous_seq);
    takes[Column::upstream_seq] += has(part::upstream);
    takes[Column::length] += has(part::rkey_text) + 2 * has(part::notice);
    digests += has(part::stored_cid) + has(part::stored_cid_raw);
    payloads += has(part::record) + has(part::previous_record);
  }
  if (columns_[Column::shape].size() != payloads) return false;
  for (const std::uint64_t number : columns_[Column::shape]) {
    if (number == 0) {
      ++takes[Column::length];
      continue;
    }
    const Shapes::Shape& shape = dictionary.shapes()[number - 1];
    takes[Column::length] += shape.lengths;
    takes[Column::did] += shape.dids;
    takes[Column::tid_time] += shape.tids;
    takes[Column::reference] += shape.refs;
    takes[Column::time] += shape.times;
    takes[Column::integer] += shape.integers;
    digests += shape.digests;
  }
  const auto spelled = [this](Column column) {
    return static_cast<std::uint64_t>(
        std::count(columns_[column].begin(), columns_[column].end(), 0U));
  };
  const std::uint64_t refs = spelled(Column::reference);
  takes[Column::did] += refs;
  takes[Column::tid_time] += refs;
  takes[Column::witness] = takes[Column::actor] = events();
  takes[Column::rev_clock] = takes[Column::order] = takes[Column::rev_time];
  takes[Column::rkey_clock] = takes[Column::rkey_time];
  takes[Column::upstream_us] = takes[Column::upstream_seq];
  takes[Column::tid_clock] = takes[Column::tid_time];
  takes[Column::head] = events();
  takes[Column::shape] = payloads;
  for (std::size_t i = 0; i < column_count; ++i) {
    if (columns_[i].size() != takes[i]) return false;
  }
  std::uint64_t text = 0;
  for (const std::uint64_t length : columns_[Column::length]) {
    if (length > stream_bytes_max) return false;
    text += length;
  }
  return text + wide_bytes == text_.size() && digests + refs == digest_count_ &&
         spelled(Column::did) == plc_count_;
}

std::size_t Frame::memory_bytes() const noexcept {
  std::size_t bytes = bytes_.capacity() + classes_.capacity() + text_.capacity();
  for (const auto& column : columns_) bytes += column.capacity() * sizeof(std::uint64_t);
  return bytes + sizeof *this;
}

}  // namespace refold::log::codec
