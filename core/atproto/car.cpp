#include "core/atproto/car.h"

#include <algorithm>

#include "core/atproto/cbor_reader.h"

namespace refold::atproto {
namespace {

/// What `{roots: [...], version: 1}` asks for.
Result<std::vector<Cid>> read_header(ByteView header, const CarLimits& limits) {
  cbor::Reader reader(header, {.bytes_max = limits.header_bytes_max});
  cbor::Item item;
  std::vector<Cid> roots;
  bool has_version = false;
  bool has_roots = false;
  if (!reader.next(item) || item.type != cbor::Type::map) {
    return invalid("the header of the CAR is not a map");
  }
  for (std::uint64_t left = item.value; left > 0; --left) {
    if (!reader.next(item)) break;
    const std::string_view key = item.text();
    if (key == "version") {
      if (!reader.next(item)) break;
      has_version = item.type == cbor::Type::unsigned_integer && item.value == 1;
    } else if (key == "roots") {
      if (!reader.next(item) || item.type != cbor::Type::array) break;
      if (item.value > limits.roots_max) {
        return Error{Errc::too_large, "the CAR names " + std::to_string(item.value) +
                                          " roots; at most " + std::to_string(limits.roots_max) +
                                          " are read"};
      }
      has_roots = true;
      for (std::uint64_t root = item.value; root > 0 && reader.next(item); --root) {
        if (item.type == cbor::Type::link) roots.push_back(item.link());
      }
    } else if (!reader.skip()) {
      break;
    }
  }
  if (reader.failed()) return within("the header of the CAR", reader.error());
  if (!has_version) return invalid("the header of the CAR is not of version 1");
  if (!has_roots) return invalid("the header of the CAR has no \"roots\"");
  if (!reader.rest().empty()) return invalid("more bytes follow the header of the CAR");
  return roots;
}

}  // namespace

CarReader::CarReader(ByteView archive, CarLimits limits) noexcept
    : archive_(archive), limits_(limits) {}

bool CarReader::fail(const char* rule) noexcept {
  if (broken_ == nullptr) broken_ = rule;
  return false;
}

/// Multiformats: at most nine bytes, no longer than needed.
bool CarReader::varint(std::size_t end, std::uint64_t& value) noexcept {
  constexpr unsigned bits_max = 63;
  value = 0;
  for (unsigned shift = 0; shift < bits_max; shift += 7) {
    if (at_ == end) return fail("a length or CID is cut off");
    const std::uint8_t byte = archive_[at_++];
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return byte != 0 || shift == 0 || fail("a number is not in its shortest form");
    }
  }
  return fail("a number has more than 63 bits");
}

Result<void> CarReader::open() {
  std::uint64_t size = 0;
  if (!varint(archive_.size(), size)) return error();
  if (size > limits_.header_bytes_max) {
    (void)fail("the header is too large");
    return Error{Errc::too_large, "the header of the CAR has " + std::to_string(size) +
                                      " bytes; at most " +
                                      std::to_string(limits_.header_bytes_max) + " are read"};
  }
  if (size > archive_.size() - at_) {
    (void)fail("the header is cut off");
    return error();
  }
  auto roots = read_header(archive_.subspan(at_, size), limits_);
  if (roots.has_error()) {
    (void)fail("the header cannot be read");
    return std::move(roots).error();
  }
  roots_ = std::move(*roots);
  at_ += size;
  return ok();
}

/// Passes over a CID of any version.
bool CarReader::read_foreign_cid(std::size_t end) noexcept {
  std::uint64_t version = 0;
  std::uint64_t codec = 0;
  std::uint64_t hash = 0;
  std::uint64_t size = 0;
  if (!varint(end, version)) return false;
  const bool version_0 = version == 0x12;  // it is the code of its hash
  if (version_0) {
    if (!varint(end, size)) return false;
  } else if (!varint(end, codec) || !varint(end, hash) || !varint(end, size)) {
    return false;
  }
  if (size > end - at_) return fail("a CID is longer than its block");
  at_ += size;
  return true;
}

bool CarReader::next(CarBlock& block) noexcept {
  if (failed() || at_ == archive_.size()) return false;
  if (blocks_++ == limits_.blocks_max) return fail("there are too many blocks");
  std::uint64_t size = 0;
  if (!varint(archive_.size(), size)) return false;
  if (size > archive_.size() - at_) return fail("a block is cut off");
  if (size > limits_.block_bytes_max + cid_bytes_length) return fail("a block is too large");
  const std::size_t end = at_ + size;
  if (size >= cid_bytes_length && read_bytes(archive_.subspan(at_, cid_bytes_length), block.cid)) {
    at_ += cid_bytes_length;
    block.bytes = archive_.subspan(at_, end - at_);
    const bool intact = sha256(block.bytes) == block.cid.digest;
    block.state = intact ? CarBlock::State::intact : CarBlock::State::damaged;
  } else {
    if (!read_foreign_cid(end)) return false;
    block.state = CarBlock::State::foreign;
    block.cid = {};
    block.bytes = archive_.subspan(at_, end - at_);
  }
  at_ = end;
  return true;
}

Error CarReader::error() const {
  return invalid("byte " + std::to_string(at_) + " of the CAR: " + broken_);
}

void BlockStore::clear() noexcept {
  blocks_.clear();
  sorted_.clear();
}

void BlockStore::add(const Cid& cid, ByteView bytes) {
  sorted_.push_back({load_be64(cid.digest.data()), static_cast<std::uint32_t>(blocks_.size())});
  blocks_.push_back({cid, bytes});
}

void BlockStore::seal() {
  std::sort(sorted_.begin(), sorted_.end(),
            [](const Entry& a, const Entry& b) { return a.prefix < b.prefix; });
}

const ByteView* BlockStore::find(const Cid& cid) const noexcept {
  const std::uint64_t prefix = load_be64(cid.digest.data());
  auto at =
      std::lower_bound(sorted_.begin(), sorted_.end(), prefix,
                       [](const Entry& entry, std::uint64_t to) { return entry.prefix < to; });
  for (; at != sorted_.end() && at->prefix == prefix; ++at) {
    const Block& block = blocks_[at->block];
    if (block.cid == cid) return &block.bytes;
  }
  return nullptr;
}

Result<CarContents> read_car(ByteView archive, BlockStore& store, CarLimits limits) {
  store.clear();
  CarReader reader(archive, limits);
  REFOLD_CHECK(reader.open());
  CarContents contents;
  contents.roots = reader.roots();
  CarBlock block;
  while (reader.next(block)) {
    switch (block.state) {
      case CarBlock::State::intact: store.add(block.cid, block.bytes); break;
      case CarBlock::State::damaged: contents.damaged.push_back(block.cid); break;
      case CarBlock::State::foreign: ++contents.foreign; break;
    }
  }
  if (reader.failed()) return reader.error();
  store.seal();
  return contents;
}

}  // namespace refold::atproto
