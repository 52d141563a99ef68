#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/atproto/cid.h"
#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::atproto {

/// What one archive may hold.
struct CarLimits {
  std::size_t header_bytes_max = 4096;
  std::size_t roots_max = 16;
  /// The largest block that is looked at: a record with room to spare.
  std::size_t block_bytes_max = std::size_t{2} << 20;
  std::size_t blocks_max = std::size_t{1} << 26;
};

/// One block of an archive. Views point into the archive.
struct CarBlock {
  enum class State : std::uint8_t {
    intact,   ///< its bytes hash to its CID
    damaged,  ///< they do not
    foreign,  ///< of a kind of CID that the AT Protocol does not use: `cid` is not set
  };
  State state = State::foreign;
  Cid cid;
  ByteView bytes;
};

/// Reads a CAR (version 1), block by block in the order of its bytes, and hashes every block.
///
/// It copies nothing: the archive must outlive the reader and every view taken. Blocks may come in
/// any order, several times, or be of no use to anybody. The first thing that cannot be read ends
/// the reading for good; a block that does not hash to its CID does not. One thread at a time.
class CarReader {
 public:
  explicit CarReader(ByteView archive, CarLimits limits = {}) noexcept;

  /// Reads the header. Before the first next(). Errors: `invalid` and `too_large` name the byte and
  /// the rule.
  [[nodiscard]] Result<void> open();
  /// The CIDs that the header names, those of other kinds left out.
  [[nodiscard]] const std::vector<Cid>& roots() const noexcept { return roots_; }

  /// The next block. False at the end, and from the first thing on that cannot be read: failed().
  [[nodiscard]] bool next(CarBlock& block) noexcept;
  [[nodiscard]] bool failed() const noexcept { return broken_ != nullptr; }
  /// Which byte and which rule. Only after failed().
  [[nodiscard]] Error error() const;
  /// Bytes read so far.
  [[nodiscard]] std::size_t offset() const noexcept { return at_; }

 private:
  bool fail(const char* rule) noexcept;
  bool varint(std::size_t end, std::uint64_t& value) noexcept;
  bool read_foreign_cid(std::size_t end) noexcept;

  ByteView archive_;
  CarLimits limits_;
  std::size_t at_ = 0;
  std::size_t blocks_ = 0;
  std::vector<Cid> roots_;
  const char* broken_ = nullptr;
};

/// Blocks to be found by their CID: views into an archive that outlives them. Filled, sealed, then
/// asked; clear() keeps its memory. One thread while it is filled, any number afterwards.
class BlockStore {
 public:
  void clear() noexcept;
  void add(const Cid& cid, ByteView bytes);
  /// Before find(), after the last add().
  void seal();

  /// The block, or null. A block may be empty.
  [[nodiscard]] const ByteView* find(const Cid& cid) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }

 private:
  struct Block {
    Cid cid;
    ByteView bytes;
  };
  /// The first bytes of a digest, and which block that is: small, so that sorting is quick.
  struct Entry {
    std::uint64_t prefix;
    std::uint32_t block;
  };
  std::vector<Block> blocks_;
  std::vector<Entry> sorted_;
};

/// What was in an archive besides intact blocks.
struct CarContents {
  std::vector<Cid> roots;
  std::vector<Cid> damaged;  ///< what the damaged blocks should have been
  std::uint64_t foreign = 0;
};

/// Reads a whole archive into `store` (which is cleared first): every intact block.
/// Errors: those of CarReader; the store is then of no use.
[[nodiscard]] Result<CarContents> read_car(ByteView archive, BlockStore& store,
                                           CarLimits limits = {});

}  // namespace refold::atproto
