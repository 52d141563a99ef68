#include "core/atproto/mst.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <string>

#include "core/atproto/cbor_reader.h"
#include "core/atproto/quote.h"

namespace refold::atproto {
namespace {

using cbor::Item;
using cbor::Reader;
using cbor::Type;

bool is_key_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '~' || c == ':' || c == '-';
}

/// A link, or null for none.
bool read_optional_link(Reader& reader, std::optional<Cid>& link) {
  Item item;
  if (!reader.next(item)) return false;
  link.reset();
  if (item.type == Type::link) link = item.link();
  return item.type == Type::link || item.type == Type::null;
}

bool read_entry(Reader& reader, MstNode::Entry& entry) {
  Item item;
  if (!reader.next(item) || item.type != Type::map) return false;
  unsigned found = 0;
  for (std::uint64_t left = item.value; left > 0; --left) {
    if (!reader.next(item)) return false;
    const std::string_view key = item.text();
    if (key == "k") {
      if (!reader.next(item) || item.type != Type::bytes) return false;
      entry.suffix = text_of(item.view);
      found |= 1;
    } else if (key == "p") {
      if (!reader.next(item) || item.type != Type::unsigned_integer) return false;
      entry.prefix = item.value;
      found |= 2;
    } else if (key == "v") {
      if (!reader.next(item) || item.type != Type::link) return false;
      entry.value = item.link();
      found |= 4;
    } else if (key == "t") {
      if (!read_optional_link(reader, entry.right)) return false;
    } else if (!reader.skip()) {
      return false;
    }
  }
  return found == 7;
}

bool read_entries(Reader& reader, std::vector<MstNode::Entry>& entries) {
  Item item;
  if (!reader.next(item) || item.type != Type::array) return false;
  // The reader has checked that so many items can follow: memory is bounded by the block.
  entries.resize(item.value);
  return std::all_of(entries.begin(), entries.end(),
                     [&](MstNode::Entry& entry) { return read_entry(reader, entry); });
}

}  // namespace

unsigned mst_layer(std::string_view key) noexcept {
  const Sha256Digest digest = sha256(bytes_of(key));
  unsigned zeros = 0;
  for (std::size_t at = 0; at < digest.size(); at += 8) {
    const auto word = static_cast<unsigned>(std::countl_zero(load_be64(digest.data() + at)));
    zeros += word;
    if (word < 64) break;
  }
  return zeros / 2;
}

bool valid_mst_key(std::string_view key) noexcept {
  if (key.size() > mst_key_bytes_max) return false;
  const std::size_t slash = key.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == key.size()) return false;
  for (std::size_t at = 0; at < key.size(); ++at) {
    if (at != slash && !is_key_character(key[at])) return false;
  }
  return true;
}

std::size_t common_prefix(std::string_view a, std::string_view b) noexcept {
  const std::size_t size = std::min(a.size(), b.size());
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.begin() + size, b.begin()).first -
                                  a.begin());
}

Result<void> read_mst_node(ByteView block, MstNode& node) {
  node.left.reset();
  node.entries.clear();
  Reader reader(block, {.bytes_max = CarLimits{}.block_bytes_max, .depth_max = 16});
  Item item;
  bool has_entries = false;
  bool good = reader.next(item) && item.type == Type::map;
  for (std::uint64_t left = good ? item.value : 0; good && left > 0; --left) {
    good = reader.next(item);
    if (!good) break;
    const std::string_view key = item.text();
    if (key == "e") {
      good = has_entries = read_entries(reader, node.entries);
    } else if (key == "l") {
      good = read_optional_link(reader, node.left);
    } else {
      good = reader.skip();
    }
  }
  if (reader.failed()) return reader.error();
  if (!good)
    return invalid("byte " + std::to_string(reader.offset()) +
                   ": a field is missing or of the wrong type");
  if (!has_entries) return invalid("it has no \"e\"");
  if (!reader.rest().empty()) return invalid("more bytes follow the node");
  return ok();
}

namespace {

/// A walk under way: the nodes from the root to where it is.
class MstWalk {
 public:
  MstWalk(const BlockStore& blocks, const MstVisitor& visit) : blocks_(blocks), visit_(visit) {}

  Result<void> run(const Cid& root) {
    REFOLD_CHECK(load(root, depth_));
    Level& top = *levels_[0];
    if (top.node.entries.empty()) {
      if (!top.node.left) return ok();
      return broken(top, "the root has no key, although the tree has some");
    }
    const MstNode::Entry& first = top.node.entries[0];
    if (first.prefix != 0) return broken(top, "the first key has a prefix of nothing");
    top.layer = static_cast<int>(mst_layer(first.suffix));
    if (top.layer >= static_cast<int>(mst_depth_max)) return broken(top, "the tree is too deep");
    depth_ = 1;
    REFOLD_CHECK(enter(top.node.left));
    while (depth_ > 0) REFOLD_CHECK(step());
    return ok();
  }

 private:
  struct Level {
    Cid cid;
    MstNode node;
    std::size_t next = 0;  ///< the entry to go on with
    int layer = 0;
    std::string key;  ///< of the entry before `next`
  };

  [[nodiscard]] static Error broken(const Level& level, const std::string& rule) {
    return invalid("node " + to_text(level.cid) + " of the tree: " + rule);
  }

  Result<void> load(const Cid& cid, std::size_t depth) {
    if (levels_.size() == depth) levels_.push_back(std::make_unique<Level>());
    Level& level = *levels_[depth];
    level.cid = cid;
    level.next = 0;
    level.key.clear();
    const ByteView* const block = blocks_.find(cid);
    if (block == nullptr) {
      return Error{Errc::not_found, "node " + to_text(cid) + " of the tree is not in the CAR"};
    }
    if (auto read = read_mst_node(*block, level.node); read.has_error()) {
      return broken(level, read.error().message);
    }
    return ok();
  }

  /// Goes down to a subtree, if there is one.
  Result<void> enter(const std::optional<Cid>& subtree) {
    std::optional<Cid> below = subtree;
    while (below) {
      const Level& above = *levels_[depth_ - 1];
      if (above.layer == 0) return broken(above, "it has a subtree below the lowest layer");
      REFOLD_CHECK(load(*below, depth_));
      Level& level = *levels_[depth_];
      level.layer = levels_[depth_ - 1]->layer - 1;
      if (level.node.entries.empty() && !level.node.left) return broken(level, "it is empty");
      ++depth_;
      below = level.node.left;
    }
    return ok();
  }

  /// The next entry of the deepest node, and what lies behind it; or up.
  Result<void> step() {
    Level& level = *levels_[depth_ - 1];
    if (level.next == level.node.entries.size()) {
      --depth_;
      return ok();
    }
    const MstNode::Entry& entry = level.node.entries[level.next];
    REFOLD_CHECK(read_key(level, entry));
    ++level.next;
    last_ = level.key;
    REFOLD_CHECK(visit_(level.key, entry.value));
    return enter(entry.right);
  }

  Result<void> read_key(Level& level, const MstNode::Entry& entry) {
    if (entry.prefix > level.key.size())
      return broken(level, "a key has more prefix than there is");
    if (entry.prefix + entry.suffix.size() > mst_key_bytes_max) {
      return broken(level, "a key is too long");
    }
    const std::string_view rest = std::string_view(level.key).substr(entry.prefix);
    if (!rest.empty() && !entry.suffix.empty() && rest[0] == entry.suffix[0]) {
      return broken(level, "the prefix of a key is shorter than it could be");
    }
    level.key.resize(entry.prefix);
    level.key += entry.suffix;
    if (!valid_mst_key(level.key)) {
      return broken(level, "key " + quoted(level.key) + " is not of the form collection/rkey");
    }
    if (!last_.empty() && level.key <= last_) {
      return broken(level, "key " + quoted(level.key) + " is not after the one before it");
    }
    if (static_cast<int>(mst_layer(level.key)) != level.layer) {
      return broken(level, "key " + quoted(level.key) + " belongs to another layer");
    }
    return ok();
  }

  const BlockStore& blocks_;
  const MstVisitor& visit_;
  std::vector<std::unique_ptr<Level>> levels_;
  std::size_t depth_ = 0;  ///< nodes from the root to where it is
  std::string last_;       ///< the key before
};

}  // namespace

Result<void> walk_mst(const Cid& root, const BlockStore& blocks, const MstVisitor& visit) {
  return MstWalk(blocks, visit).run(root);
}

Result<RepoCommit> read_repo_commit(ByteView block) {
  constexpr std::size_t commit_bytes_max = 8192;
  Reader reader(block, {.bytes_max = commit_bytes_max, .depth_max = 16});
  RepoCommit commit;
  Item item;
  unsigned found = 0;
  bool good = reader.next(item) && item.type == Type::map;
  for (std::uint64_t left = good ? item.value : 0; good && left > 0; --left) {
    good = reader.next(item);
    if (!good) break;
    const std::string_view key = item.text();
    if (key == "prev") {
      good = read_optional_link(reader, commit.prev);
    } else if (key == "did") {
      good = reader.next(item) && item.type == Type::text;
      commit.did = item.text();
      found |= 1;
    } else if (key == "rev") {
      good = reader.next(item) && item.type == Type::text;
      commit.rev = item.text();
      found |= 2;
    } else if (key == "data") {
      good = reader.next(item) && item.type == Type::link;
      if (good) commit.data = item.link();
      found |= 4;
    } else if (key == "sig") {
      good = reader.next(item) && item.type == Type::bytes;
      commit.signature = item.view;
      found |= 8;
    } else if (key == "version") {
      good = reader.next(item) && item.type == Type::unsigned_integer && item.value == 3;
      found |= 16;
    } else {
      good = reader.skip();
    }
    if (!good && !reader.failed())
      return invalid("\"" + std::string(key) + "\" of the commit has a value that it cannot have");
  }
  if (reader.failed()) return within("the commit", reader.error());
  if (!good) return invalid("the commit is not a map");
  if (found != 31) return invalid("the commit lacks one of did, rev, data, sig and version");
  if (!reader.rest().empty()) return invalid("more bytes follow the commit");
  return commit;
}

}  // namespace refold::atproto
