#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/atproto/car.h"
#include "core/atproto/cid.h"
#include "core/base/bytes.h"
#include "core/base/result.h"

/// The Merkle search tree of a repo: which record is under which key (specs/repository).
namespace refold::atproto {

/// `collection/rkey`: the longest valid NSID and record key, and the slash.
constexpr std::size_t mst_key_bytes_max = 830;
/// Layers of a tree. The layer of a key comes from its SHA-256, so whoever wants more has to search
/// for keys for a very long time.
constexpr unsigned mst_depth_max = 64;

/// The layer that a key belongs to: the leading zero bits of its SHA-256, by twos.
[[nodiscard]] unsigned mst_layer(std::string_view key) noexcept;
/// A valid key has one slash with something on either side, all of `A-Za-z0-9._~:-`, and at most
/// mst_key_bytes_max bytes. That its parts are an NSID and a record key is not asked here.
[[nodiscard]] bool valid_mst_key(std::string_view key) noexcept;
/// How many bytes two keys have in common at their start.
[[nodiscard]] std::size_t common_prefix(std::string_view a, std::string_view b) noexcept;

/// One node of a tree as it lies in its block. Views point into the block.
struct MstNode {
  struct Entry {
    std::size_t prefix = 0;    ///< bytes shared with the key before it in this node
    std::string_view suffix;   ///< the rest of the key
    Cid value;                 ///< the record
    std::optional<Cid> right;  ///< the keys between this one and the next
  };
  std::optional<Cid> left;  ///< the keys before the first
  std::vector<Entry> entries;
};

/// Reads a node's block. `node` is filled anew; its memory is used again.
/// Errors: `invalid` names the byte or field and the rule.
[[nodiscard]] Result<void> read_mst_node(ByteView block, MstNode& node);

/// Called for each record in key order; the key is valid during the call. An Error ends the walk.
using MstVisitor = std::function<Result<void>(std::string_view key, const Cid& record)>;

/// Walks a whole tree out of `blocks`, and checks that it is the one tree that these keys make:
/// keys valid and ascending, prefixes as long as they can be, every key in its layer, every subtree
/// one layer below its node, no empty node but one that leads to a lower layer (or the root of an
/// empty tree). Records are not looked up.
///
/// Errors: `invalid` names the node and the rule; `not_found` names the node that `blocks` has not;
/// those of `visit`.
[[nodiscard]] Result<void> walk_mst(const Cid& root, const BlockStore& blocks,
                                    const MstVisitor& visit);

/// A repo's signed commit (version 3). Views point into its block.
struct RepoCommit {
  std::string_view did;
  std::string_view rev;
  Cid data;                 ///< the root of the tree
  std::optional<Cid> prev;  ///< hardly ever set
  ByteView signature;
};
/// Reads a commit's block. The signature is not checked, the DID and the rev are texts of any form.
/// Errors: `invalid` names the field and the rule.
[[nodiscard]] Result<RepoCommit> read_repo_commit(ByteView block);

}  // namespace refold::atproto
