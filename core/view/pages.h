#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::view {

/// A B-tree in a file of LMDB 0.9, as its record says.
struct Tree {
  static constexpr std::uint64_t no_root = ~std::uint64_t{0};
  std::uint64_t entries = 0;
  std::uint64_t root = no_root;
  unsigned depth = 0;
};

/// Reads a file of LMDB page by page. LMDB itself checks next to nothing: a flipped bit may have it
/// read beyond the file and end the process. So whoever looks for damage looks with this.
///
/// Knows one commit, whose pages stay as they are for as long as a transaction of it is open, or
/// until two more have come. One thread.
class Pages {
 public:
  /// Of the commit `txn`, or of the newest one. `descriptor` stays the caller's. Errors: `busy` if
  /// two commits have come since `txn`; `corrupt`, `io`.
  [[nodiscard]] static Result<Pages> open(int descriptor, std::string what,
                                          std::optional<std::uint64_t> txn);

  [[nodiscard]] std::uint64_t txn() const noexcept { return txn_; }
  /// All named databases.
  [[nodiscard]] Result<std::map<std::string, Tree>> databases();
  /// Visits every entry of a tree in the order of the keys, and checks the pages, that order, and
  /// the number of entries. Errors: `corrupt` names the page; those of the visitor.
  using Visitor = std::function<Result<void>(ByteView key, ByteView value)>;
  [[nodiscard]] Result<void> visit(const Tree& tree, const Visitor& visitor);

 private:
  struct Node {
    ByteView key;
    std::uint64_t child;  ///< of a branch
    std::uint32_t value_bytes;
    unsigned flags;
    ByteView rest;  ///< of the page, behind the key
  };
  struct Walk {
    const Visitor& visitor;
    bool of_records;  ///< the values are records of databases
    std::uint64_t entries = 0;
  };

  Pages(int descriptor, std::string what) : descriptor_(descriptor), what_(std::move(what)) {}
  [[nodiscard]] Result<void> take_meta(std::optional<std::uint64_t> txn);
  [[nodiscard]] Result<void> read(std::uint64_t page, std::span<std::uint8_t> to) const;
  [[nodiscard]] Result<void> walk_tree(const Tree& tree, Walk& walk);
  [[nodiscard]] Result<void> walk(Walk& walk, std::uint64_t page, unsigned level, ByteView low,
                                  ByteView high);
  [[nodiscard]] Result<void> walk_leaf(Walk& walk, std::uint64_t page, unsigned level, ByteView low,
                                       ByteView high);
  [[nodiscard]] Result<unsigned> load(std::uint64_t page, unsigned level, unsigned kind);
  [[nodiscard]] Result<Node> node(std::uint64_t page, unsigned level, unsigned index) const;
  [[nodiscard]] Result<ByteView> value(std::uint64_t page, const Node& node);
  [[nodiscard]] Error damage(std::uint64_t page, std::string_view wrong) const;

  int descriptor_;
  std::string what_;
  std::size_t page_bytes_ = 0;
  std::uint64_t last_page_ = 0;
  std::uint64_t txn_ = 0;
  Tree main_;
  std::vector<Bytes> levels_;  ///< the page of each level on the way
  Bytes overflow_;
};

/// Checks what LMDB believes when it opens a view's file: both meta pages, the list of databases,
/// and `meta`. The file may be written meanwhile. Errors: `not_found`, `corrupt`, `io`.
[[nodiscard]] Result<void> check_pages(const std::filesystem::path& file);

}  // namespace refold::view
