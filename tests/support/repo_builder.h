#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/atproto/cbor_writer.h"
#include "core/atproto/cid.h"
#include "core/atproto/mst.h"
#include "core/base/wire.h"

namespace refold::testing {

/// Blocks of a CAR, in the order in which they were made.
class CarBuilder {
 public:
  atproto::Cid add(ByteView block) {
    const atproto::Cid cid = atproto::cid_of(block);
    add_as(cid, block);
    return cid;
  }
  /// A block under any CID, be it its own or not.
  void add_as(const atproto::Cid& cid, ByteView block) {
    put_varint(blocks_, atproto::cid_bytes_length + block.size());
    append(blocks_, atproto::to_bytes(cid));
    append(blocks_, block);
  }
  [[nodiscard]] Bytes car(const atproto::Cid& root) const {
    Bytes header;
    atproto::cbor::Writer writer(header);
    writer.map(2);
    writer.key("roots");
    writer.array(1);
    writer.link(root);
    writer.key("version");
    writer.unsigned_integer(1);
    Bytes all;
    put_sized(all, header);
    append(all, blocks_);
    return all;
  }
  [[nodiscard]] const Bytes& blocks() const noexcept { return blocks_; }

 private:
  Bytes blocks_;
};

/// The keys and records of a repo.
using RepoKeys = std::map<std::string, atproto::Cid>;

/// One node of a tree, as its block has it.
struct BuiltNode {
  std::optional<atproto::Cid> left;
  struct Entry {
    std::size_t prefix;
    std::string suffix;
    atproto::Cid value;
    std::optional<atproto::Cid> right;
  };
  std::vector<Entry> entries;

  [[nodiscard]] Bytes block() const {
    Bytes bytes;
    atproto::cbor::Writer writer(bytes);
    const auto optional_link = [&](const std::optional<atproto::Cid>& cid) {
      if (cid) {
        writer.link(*cid);
      } else {
        writer.null();
      }
    };
    writer.map(2);
    writer.key("e");
    writer.array(entries.size());
    for (const Entry& entry : entries) {
      writer.map(4);
      writer.key("k");
      writer.bytes(bytes_of(entry.suffix));
      writer.key("p");
      writer.unsigned_integer(entry.prefix);
      writer.key("t");
      optional_link(entry.right);
      writer.key("v");
      writer.link(entry.value);
    }
    writer.key("l");
    optional_link(left);
    return bytes;
  }
};

/// Adds the one tree that these keys make to `car`, and returns its root.
inline atproto::Cid add_tree(const RepoKeys& keys, CarBuilder& car) {
  using Iterator = RepoKeys::const_iterator;
  struct Build {
    CarBuilder& car;
    std::optional<atproto::Cid> subtree(Iterator from, Iterator to, unsigned layer) {
      if (from == to) return std::nullopt;
      return node(from, to, layer);
    }
    atproto::Cid node(Iterator from, Iterator to, unsigned layer) {
      BuiltNode made;
      std::string last;
      Iterator group = from;
      for (Iterator at = from;; ++at) {
        const bool here = at != to && atproto::mst_layer(at->first) == layer;
        if (at != to && !here) continue;
        const auto below = group == at ? std::nullopt : subtree(group, at, layer - 1);
        (made.entries.empty() ? made.left : made.entries.back().right) = below;
        if (at == to) break;
        const std::size_t shared = atproto::common_prefix(last, at->first);
        const std::size_t prefix = made.entries.empty() ? 0 : shared;
        made.entries.push_back({prefix, at->first.substr(prefix), at->second, std::nullopt});
        last = at->first;
        group = std::next(at);
      }
      return car.add(made.block());
    }
  };
  unsigned top = 0;
  for (const auto& [key, cid] : keys) top = std::max(top, atproto::mst_layer(key));
  return Build{car}.node(keys.begin(), keys.end(), top);
}

/// A commit whose signature nobody looks at.
inline Bytes commit_block(std::string_view did, std::string_view rev, const atproto::Cid& data) {
  Bytes bytes;
  atproto::cbor::Writer writer(bytes);
  writer.map(6);
  writer.key("did");
  writer.text(did);
  writer.key("rev");
  writer.text(rev);
  writer.key("sig");
  writer.bytes(Bytes(64, 7));
  writer.key("data");
  writer.link(data);
  writer.key("prev");
  writer.null();
  writer.key("version");
  writer.unsigned_integer(3);
  return bytes;
}

}  // namespace refold::testing
