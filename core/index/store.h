#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/lmdb/env.h"

namespace refold::index {

/// The tables of an index file. `docs/decisions/0002-index-versions-table.md` says what they hold.
enum class Table : std::uint8_t { meta, heads, versions, repos, missing, notices };
inline constexpr std::size_t table_count = 6;
/// Those that follow from the log alone.
inline constexpr Table derived_tables[] = {Table::heads, Table::versions, Table::repos,
                                           Table::missing, Table::notices};
[[nodiscard]] std::string_view name(Table table) noexcept;

/// The index's LMDB environment: one file, fully synced commits. At most one per file and process.
class Store {
 public:
  enum class Access : std::uint8_t { read, write };

  /// Opens the file; with `write`, creates it and its tables. Errors: `not_found`, `no_space`,
  /// `io`; `corrupt` if it is no LMDB file.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::filesystem::path& file,
                                                           std::size_t map_bytes, Access access);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Everything committed at one moment. One thread at a time; ends before the store does. While it
  /// is open, pages that later commits free stay taken: close it before long writes.
  class Snapshot {
   public:
    explicit Snapshot(Store& store);
    ~Snapshot();
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    /// The value, valid until the snapshot is released. Opens it if it is not.
    [[nodiscard]] Result<std::optional<ByteView>> get(Table table, ByteView key);

    /// Calls `visit` for each row with a key of at least `from`, in key order, until it returns
    /// false.
    using Visitor = std::function<Result<bool>(ByteView key, ByteView value)>;
    [[nodiscard]] Result<void> scan(Table table, ByteView from, const Visitor& visit);

    /// Lets go of the moment; the next call takes the newest one.
    void release() noexcept;

   private:
    friend class Store;
    [[nodiscard]] Result<void> take();
    void abandon() noexcept;
    Store& store_;
    MDB_txn* transaction_ = nullptr;
    bool taken_ = false;
  };

  /// Releases every snapshot: before a write, so that it can use the pages they hold.
  void release_snapshots() noexcept;
  /// Closes the file and opens it again: what a failed commit asks for. Snapshots start anew. If
  /// this fails the store is closed: reads and writes fail with `io` until reopen() succeeds. They
  /// do not try it themselves, because it is no other thread's business meanwhile.
  [[nodiscard]] Result<void> reopen();
  [[nodiscard]] bool is_open() const noexcept { return environment_ != nullptr; }

  /// One transaction. Nothing of it is there until commit() has succeeded.
  class Update {
   public:
    [[nodiscard]] static Result<Update> begin(Store& store);
    Update(Update&& other) noexcept;
    Update& operator=(Update&&) = delete;
    ~Update();

    /// Quickest in key order.
    [[nodiscard]] Result<void> put(Table table, ByteView key, ByteView value);
    /// A row that is not there is no error.
    [[nodiscard]] Result<void> remove(Table table, ByteView key);
    [[nodiscard]] Result<std::optional<ByteView>> get(Table table, ByteView key);
    [[nodiscard]] Result<void> commit();

   private:
    Update(Store& store, MDB_txn* transaction) : store_(store), transaction_(transaction) {}
    [[nodiscard]] Result<MDB_cursor*> cursor(Table table);
    void end() noexcept;

    Store& store_;
    MDB_txn* transaction_;
    std::array<MDB_cursor*, table_count> cursors_{};
  };

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

 private:
  Store(std::filesystem::path file, std::size_t map_bytes, Access access)
      : file_(std::move(file)), map_bytes_(map_bytes), access_(access) {}
  [[nodiscard]] Result<void> open_environment();
  [[nodiscard]] Result<void> open_tables();
  [[nodiscard]] Result<MDB_txn*> begin(unsigned flags);
  [[nodiscard]] Error error(std::string_view what, int code) const;
  [[nodiscard]] MDB_dbi handle(Table table) const noexcept {
    return tables_[static_cast<std::size_t>(table)];
  }

  std::filesystem::path file_;
  std::size_t map_bytes_;
  Access access_;
  lmdb::Env environment_;  ///< null: could not be reopened
  std::array<MDB_dbi, table_count> tables_{};
  std::vector<Snapshot*> snapshots_;
};

/// Puts `fresh` in the place of `file`, for good. Neither is open in this process.
[[nodiscard]] Result<void> replace_store(const std::filesystem::path& fresh,
                                         const std::filesystem::path& file);
/// Removes a store's files, if they are there.
[[nodiscard]] Result<void> remove_store(const std::filesystem::path& file);

}  // namespace refold::index
