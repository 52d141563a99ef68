#include "tests/bench/log/columnar_block.h"

#include "core/atproto/tid.h"
#include "core/base/wire.h"

namespace refold::bench {
namespace {

constexpr int level = 3;
constexpr std::size_t raw_bytes_max = std::size_t{1} << 30;

Bytes other_of(const log::Event& event) {
  Bytes other;
  if (log::is_record(event.kind)) return other;
  put_varint(other, event.upstream_seq);
  put_varint(other, zigzag(event.upstream_us));
  put_varint(other, event.active ? 1 : 0);
  put_sized(other, bytes_of(event.status));
  put_sized(other, bytes_of(event.handle));
  return other;
}

bool read_other(ByteView bytes, log::Event& event) {
  if (bytes.empty()) return true;
  WireReader in(bytes);
  event.upstream_seq = in.varint();
  event.upstream_us = unzigzag(in.varint());
  event.active = in.varint() != 0;
  event.status = in.sized_text(bytes.size());
  event.handle = in.sized_text(bytes.size());
  return in.finished();
}

std::string rev_text(const log::Event& event) {
  return event.rev.value == 0 ? std::string() : atproto::to_text(event.rev);
}

/// A column of fixed values inside a block: values lie at any alignment.
template <class Integer>
class Column {
 public:
  Column(WireReader& in, std::size_t count) : bytes_(in.bytes(count * sizeof(Integer))) {}
  [[nodiscard]] Integer operator[](std::size_t i) const {
    return load_le<Integer>(bytes_.data() + i * sizeof(Integer));
  }

 private:
  ByteView bytes_;
};

}  // namespace

ColumnarWriter::ColumnarWriter() : context_(ZSTD_createCCtx()) {
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}

Result<ByteView> ColumnarWriter::encode(std::span<const log::Event> events) {
  raw_.clear();
  put_fixed(raw_, static_cast<std::uint32_t>(events.size()));
  put_fixed(raw_, events.empty() ? log::Seq{0} : events.front().seq);
  const auto column = [&](const auto& value_of) {
    for (const log::Event& event : events) put_fixed(raw_, value_of(event));
  };
  using log::Event;
  column([](const Event& e) { return e.witness_us; });
  column([](const Event& e) { return e.flags; });
  column([](const Event& e) { return e.order; });
  column([](const Event& e) { return static_cast<std::uint8_t>(e.kind); });
  column([](const Event& e) { return static_cast<std::uint8_t>(e.missing); });
  column([](const Event& e) { return static_cast<std::uint16_t>(e.did.size()); });
  column([](const Event& e) { return static_cast<std::uint16_t>(e.collection.size()); });
  column([](const Event& e) { return static_cast<std::uint16_t>(e.rkey.size()); });
  column([](const Event& e) { return static_cast<std::uint8_t>(rev_text(e).size()); });
  column([](const Event& e) { return static_cast<std::uint32_t>(e.record.size()); });
  column([](const Event& e) { return static_cast<std::uint16_t>(other_of(e).size()); });
  for (const Event& e : events) append(raw_, bytes_of(e.did));
  for (const Event& e : events) append(raw_, bytes_of(e.collection));
  for (const Event& e : events) append(raw_, bytes_of(e.rkey));
  for (const Event& e : events) append(raw_, bytes_of(rev_text(e)));
  for (const Event& e : events) append(raw_, e.record);
  for (const Event& e : events) append(raw_, other_of(e));

  frame_.resize(ZSTD_compressBound(raw_.size()));
  const std::size_t size =
      ZSTD_compress2(context_.get(), frame_.data(), frame_.size(), raw_.data(), raw_.size());
  if (ZSTD_isError(size) != 0) return Error{Errc::invalid, ZSTD_getErrorName(size)};
  return ByteView{frame_.data(), size};
}

ColumnarReader::ColumnarReader() : context_(ZSTD_createDCtx()) {}

Result<void> ColumnarReader::decode(ByteView frame, std::string_view source,
                                    std::vector<log::Event>& events) {
  events.clear();
  const Error malformed{Errc::corrupt, "columnar block: malformed"};
  const auto raw_bytes = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (raw_bytes > raw_bytes_max) return malformed;
  if (raw_.size() < raw_bytes) raw_.resize(raw_bytes);
  const std::size_t size =
      ZSTD_decompressDCtx(context_.get(), raw_.data(), raw_.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) != 0) return Error{Errc::corrupt, ZSTD_getErrorName(size)};

  WireReader in({raw_.data(), size});
  const auto count = in.fixed<std::uint32_t>();
  const auto first = in.fixed<log::Seq>();
  const Column<std::int64_t> witness_us(in, count);
  const Column<std::uint16_t> flags(in, count);
  const Column<std::uint16_t> orders(in, count);
  const Column<std::uint8_t> kinds(in, count);
  const Column<std::uint8_t> missing(in, count);
  const Column<std::uint16_t> did_bytes(in, count);
  const Column<std::uint16_t> collection_bytes(in, count);
  const Column<std::uint16_t> rkey_bytes(in, count);
  const Column<std::uint8_t> rev_bytes(in, count);
  const Column<std::uint32_t> record_bytes(in, count);
  const Column<std::uint16_t> other_bytes(in, count);
  if (in.failed()) return malformed;
  const auto text_column = [&](const auto& lengths) {
    std::size_t all = 0;
    for (std::size_t i = 0; i < count; ++i) all += lengths[i];
    return WireReader(in.bytes(all));
  };
  WireReader dids = text_column(did_bytes);
  WireReader collections = text_column(collection_bytes);
  WireReader rkeys = text_column(rkey_bytes);
  WireReader revs = text_column(rev_bytes);
  WireReader records = text_column(record_bytes);
  WireReader others = text_column(other_bytes);
  if (!in.finished()) return malformed;

  for (std::size_t i = 0; i < count; ++i) {
    log::Event& event = events.emplace_back();
    event.seq = first + i;
    event.witness_us = witness_us[i];
    event.flags = flags[i];
    event.order = orders[i];
    event.kind = static_cast<log::Kind>(kinds[i]);
    event.missing = static_cast<log::Missing>(missing[i]);
    event.source = source;
    event.did = text_of(dids.bytes(did_bytes[i]));
    event.collection = text_of(collections.bytes(collection_bytes[i]));
    event.rkey = text_of(rkeys.bytes(rkey_bytes[i]));
    event.rev = atproto::parse_tid(text_of(revs.bytes(rev_bytes[i]))).value_or(atproto::Tid{});
    event.record = records.bytes(record_bytes[i]);
    if (!read_other(others.bytes(other_bytes[i]), event)) return malformed;
  }
  return ok();
}

}  // namespace refold::bench
