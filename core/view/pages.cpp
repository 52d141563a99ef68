#include "core/view/pages.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>

#include "core/view/damage.h"
#include "core/view/stored_key.h"

// The layout is that of struct MDB_page, MDB_node, MDB_db and MDB_meta of LMDB 0.9 (data version 1)
// on machines with 64 bits.

namespace refold::view {
namespace {

static_assert(sizeof(void*) == 8);

constexpr std::size_t page_bytes_min = 4096;
constexpr std::size_t page_bytes_max = 32768;
constexpr std::size_t page_header_bytes = 16;
constexpr std::size_t node_header_bytes = 8;
constexpr std::size_t stored_key_bytes_max = 511;
constexpr std::size_t value_bytes_max = std::size_t{64} << 20;
constexpr unsigned depth_max = 32;
constexpr std::uint64_t meta_pages = 2;
constexpr std::uint32_t lmdb_magic = 0xBEEFC0DE;
constexpr std::uint32_t lmdb_data_version = 1;

enum PageKind : unsigned { branch = 1, leaf = 2, overflow = 4, meta = 8 };
constexpr unsigned kind_mask = 0x6f;  // with the kinds that a view does not have
enum NodeFlag : unsigned { big_value = 1, database_record = 2 };

constexpr std::size_t record_bytes = 48;
constexpr std::size_t meta_bytes = 136;

struct MetaPage {
  std::uint32_t page_bytes;
  std::uint64_t last_page;
  std::uint64_t txn;
  ByteView main;
};

Tree tree_of(ByteView record) {
  Tree tree;
  tree.depth = load_le<std::uint16_t>(record.data() + 6);
  tree.entries = load_le<std::uint64_t>(record.data() + 32);
  tree.root = load_le<std::uint64_t>(record.data() + 40);
  return tree;
}

/// False: this is none.
bool parse_meta(ByteView page, MetaPage& to) {
  const std::uint8_t* const at = page.data() + page_header_bytes;
  to.page_bytes = load_le<std::uint32_t>(at + 24);
  to.main = ByteView(at + 72, record_bytes);
  to.last_page = load_le<std::uint64_t>(at + 120);
  to.txn = load_le<std::uint64_t>(at + 128);
  return (load_le<std::uint16_t>(page.data() + 10) & kind_mask) == PageKind::meta &&
         load_le<std::uint32_t>(at) == lmdb_magic &&
         load_le<std::uint32_t>(at + 4) == lmdb_data_version && to.page_bytes >= page_bytes_min &&
         to.page_bytes <= page_bytes_max && std::has_single_bit(to.page_bytes) &&
         load_le<std::uint16_t>(to.main.data() + 4) == 0;  // keys in the order of their bytes
}

Result<void> read_at(int descriptor, const std::string& what, std::uint64_t offset,
                     std::span<std::uint8_t> to) {
  while (!to.empty()) {
    const ssize_t got = pread(descriptor, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read " + what, errno);
    if (got == 0) {
      return damaged(what, "it ends before byte " + std::to_string(offset + to.size()));
    }
    to = to.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return ok();
}

}  // namespace

Result<Pages> Pages::open(int descriptor, std::string what, std::optional<std::uint64_t> txn) {
  Pages pages(descriptor, std::move(what));
  REFOLD_CHECK(pages.take_meta(txn));
  return pages;
}

Result<void> Pages::take_meta(std::optional<std::uint64_t> txn) {
  std::array<std::uint8_t, page_header_bytes + meta_bytes> pages[meta_pages];
  MetaPage metas[meta_pages];
  std::uint64_t offset = 0;
  for (std::size_t number = 0; number < meta_pages; ++number) {
    REFOLD_CHECK(read_at(descriptor_, what_, offset, pages[number]));
    if (!parse_meta(pages[number], metas[number]) ||
        metas[number].page_bytes != metas[0].page_bytes) {
      return damage(number, "it is no meta page of LMDB");
    }
    offset = metas[0].page_bytes;
  }
  const bool second = txn ? metas[1].txn == *txn : metas[1].txn > metas[0].txn;
  const MetaPage& taken = metas[second ? 1 : 0];
  if (txn && taken.txn != *txn) {
    return Error{Errc::busy, what_ +
                                 ": two commits have come since this snapshot was opened; open "
                                 "another one"};
  }
  page_bytes_ = taken.page_bytes;
  last_page_ = taken.last_page;
  txn_ = taken.txn;
  main_ = tree_of(taken.main);
  return ok();
}

Result<std::map<std::string, Tree>> Pages::databases() {
  std::map<std::string, Tree> found;
  const Visitor add = [&](ByteView key, ByteView value) -> Result<void> {
    const std::string name(text_of(key));
    if (value.size() != record_bytes || load_le<std::uint16_t>(value.data() + 4) != 0) {
      return damaged(what_, "the record of " + key_text(key) + " is malformed");
    }
    found[name] = tree_of(value);
    return ok();
  };
  Walk walk{add, true};
  REFOLD_CHECK(walk_tree(main_, walk));
  return found;
}

Result<void> Pages::visit(const Tree& tree, const Visitor& visitor) {
  Walk walk{visitor, false};
  return walk_tree(tree, walk);
}

Result<void> Pages::walk_tree(const Tree& tree, Walk& walk_state) {
  if (tree.root != Tree::no_root) {
    if (tree.depth < 1 || tree.depth > depth_max) {
      return damage(tree.root, "its tree is " + std::to_string(tree.depth) + " pages deep");
    }
    levels_.assign(tree.depth, Bytes(page_bytes_));
    REFOLD_CHECK(walk(walk_state, tree.root, 0, {}, {}));
  }
  if (walk_state.entries == tree.entries) return ok();
  return damaged(what_, "it has " + std::to_string(walk_state.entries) + " entries instead of " +
                            std::to_string(tree.entries));
}

/// All keys of a page are at least `low`, and below `high` if that is not empty.
Result<void> Pages::walk(Walk& walk_state, std::uint64_t page, unsigned level, ByteView low,
                         ByteView high) {
  if (level + 1 == levels_.size()) return walk_leaf(walk_state, page, level, low, high);
  REFOLD_TRY(const unsigned count, load(page, level, PageKind::branch));
  if (count < 2) return damage(page, "a branch with less than two children");
  ByteView from = low;
  REFOLD_TRY(Node here, node(page, level, 0));
  for (unsigned index = 1; index <= count; ++index) {
    const std::uint64_t child = here.child;
    ByteView until = high;
    if (index < count) {
      REFOLD_TRY(here, node(page, level, index));
      until = here.key;
      if (until.empty() || (!from.empty() && compare(from, until) >= 0) ||
          (!high.empty() && compare(until, high) >= 0)) {
        return damage(page, "its keys are out of order");
      }
    }
    REFOLD_CHECK(walk(walk_state, child, level + 1, from, until));
    from = until;
  }
  return ok();
}

Result<void> Pages::walk_leaf(Walk& walk_state, std::uint64_t page, unsigned level, ByteView low,
                              ByteView high) {
  REFOLD_TRY(const unsigned count, load(page, level, PageKind::leaf));
  ByteView before;
  for (unsigned index = 0; index < count; ++index) {
    REFOLD_TRY(const Node here, node(page, level, index));
    const bool in_order =
        index == 0 ? low.empty() || compare(low, here.key) <= 0 : compare(before, here.key) < 0;
    if (here.key.empty() || here.key.size() > stored_key_bytes_max || !in_order ||
        (!high.empty() && compare(here.key, high) >= 0)) {
      return damage(page, "its keys are out of order");
    }
    const unsigned flags = here.flags & ~unsigned{NodeFlag::big_value};
    if (flags != (walk_state.of_records ? unsigned{NodeFlag::database_record} : 0U)) {
      return damage(page, "an entry of an unknown kind");
    }
    REFOLD_TRY(const ByteView content, value(page, here));
    REFOLD_CHECK(walk_state.visitor(here.key, content));
    ++walk_state.entries;
    before = here.key;
  }
  return ok();
}

/// Returns how many nodes the page has.
Result<unsigned> Pages::load(std::uint64_t page, unsigned level, unsigned kind) {
  Bytes& to = levels_[level];
  REFOLD_CHECK(read(page, to));
  const unsigned lower = load_le<std::uint16_t>(to.data() + 12);
  const unsigned upper = load_le<std::uint16_t>(to.data() + 14);
  if (load_le<std::uint64_t>(to.data()) != page ||
      (load_le<std::uint16_t>(to.data() + 10) & kind_mask) != kind) {
    return damage(page, "it is another kind of page");
  }
  if (lower < page_header_bytes || lower % 2 != 0 || lower > upper || upper > page_bytes_) {
    return damage(page, "its header is malformed");
  }
  return (lower - static_cast<unsigned>(page_header_bytes)) / 2;
}

Result<void> Pages::read(std::uint64_t page, std::span<std::uint8_t> to) const {
  const std::uint64_t count = (to.size() + page_bytes_ - 1) / page_bytes_;
  if (page < meta_pages || page > last_page_ || count > last_page_ - page + 1) {
    return damage(page, "there is no such page");
  }
  return read_at(descriptor_, what_, page * page_bytes_, to);
}

Result<Pages::Node> Pages::node(std::uint64_t page, unsigned level, unsigned index) const {
  const ByteView bytes = levels_[level];
  const std::size_t at =
      load_le<std::uint16_t>(bytes.data() + page_header_bytes + std::size_t{2} * index);
  const std::size_t upper = load_le<std::uint16_t>(bytes.data() + 14);
  if (at < upper || at + node_header_bytes > bytes.size()) {
    return damage(page, "an entry lies outside of it");
  }
  const std::uint8_t* const head = bytes.data() + at;
  const std::size_t key_bytes = load_le<std::uint16_t>(head + 6);
  const ByteView rest = bytes.subspan(at + node_header_bytes);
  if (rest.size() < key_bytes) return damage(page, "a key lies outside of it");
  const std::uint64_t low = load_le<std::uint32_t>(head);
  const unsigned flags = load_le<std::uint16_t>(head + 4);
  return Node{rest.first(key_bytes), low | std::uint64_t{flags} << 32,
              static_cast<std::uint32_t>(low), flags, rest.subspan(key_bytes)};
}

Result<ByteView> Pages::value(std::uint64_t page, const Node& node) {
  if ((node.flags & NodeFlag::big_value) == 0) {
    if (node.rest.size() < node.value_bytes) return damage(page, "a value lies outside of it");
    return node.rest.first(node.value_bytes);
  }
  if (node.rest.size() < sizeof(std::uint64_t) || node.value_bytes > value_bytes_max) {
    return damage(page, "a value that is too large");
  }
  const auto first = load_le<std::uint64_t>(node.rest.data());
  overflow_.resize(page_header_bytes + node.value_bytes);
  REFOLD_CHECK(read(first, overflow_));
  if (load_le<std::uint64_t>(overflow_.data()) != first ||
      (load_le<std::uint16_t>(overflow_.data() + 10) & kind_mask) != PageKind::overflow ||
      std::uint64_t{load_le<std::uint32_t>(overflow_.data() + 12)} * page_bytes_ <
          overflow_.size()) {
    return damage(first, "it is another kind of page");
  }
  return ByteView(overflow_).subspan(page_header_bytes);
}

Error Pages::damage(std::uint64_t page, std::string_view wrong) const {
  return damaged(what_, "page " + std::to_string(page) + ": " + std::string(wrong));
}

}  // namespace refold::view
