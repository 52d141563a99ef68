#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/log/event.h"
#include "tests/bench/log/fields_digest.h"
#include "tests/bench/runs.h"

namespace refold::bench {

/// How a store is opened.
enum class Access : std::uint8_t {
  create,          ///< new, for events that are numbered and kept
  create_indexed,  ///< new; it also keeps the head of each record, and fills `previous` from it
  read,
  read_ahead,     ///< scans use a second thread, where the store can
  read_uncached,  ///< every point read decompresses what it needs; the files are in memory
};

/// Something that keeps events: the log, or a peer. One thread.
///
/// README.md, "The peers", says how each is set up and what it does for a call.
class Store {
 public:
  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Takes events for the next append(), in the form that the store likes best. Not timed. The
  /// events stay valid until append() has returned.
  virtual void take(std::span<const log::Event> events) = 0;
  /// Makes what was taken durable, in one transaction, numbered on from the last.
  [[nodiscard]] virtual Result<void> append() = 0;
  /// Brings everything into its final form: sealed, compacted, checkpointed.
  [[nodiscard]] virtual Result<void> settle() = 0;

  /// Reads all events in order, every field; or those of one collection.
  [[nodiscard]] virtual Result<FieldsDigest> scan(std::string_view collection) = 0;
  /// Adds one event, every field.
  [[nodiscard]] virtual Result<void> get(log::Seq seq, FieldsDigest& digest) = 0;
};

using OpenStore = Result<std::unique_ptr<Store>> (*)(const std::filesystem::path& folder,
                                                     Access access);

/// One of the things compared.
struct Contender {
  std::string_view name;
  OpenStore open;
};

[[nodiscard]] Result<std::unique_ptr<Store>> open_refold(const std::filesystem::path& folder,
                                                         Access access);
[[nodiscard]] Result<std::unique_ptr<Store>> open_rocksdb(const std::filesystem::path& folder,
                                                          Access access);
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& folder,
                                                         Access access);
/// With the block size and the read options it comes with.
[[nodiscard]] Result<std::unique_ptr<Store>> open_rocksdb_4k(const std::filesystem::path& folder,
                                                             Access access);
/// Appends to memory; settle() writes the file. Reads whole blocks. Serves no index and no get().
[[nodiscard]] Result<std::unique_ptr<Store>> open_columnar(const std::filesystem::path& folder,
                                                           Access access);

inline constexpr Contender refold_log{ours, open_refold};
inline constexpr Contender rocksdb_peer{"rocksdb", open_rocksdb};
inline constexpr Contender rocksdb_4k_peer{"rocksdb-4k", open_rocksdb_4k};
inline constexpr Contender sqlite_peer{"sqlite", open_sqlite};
inline constexpr Contender columnar_peer{"columnar", open_columnar};

/// The sizes of all files below a folder.
[[nodiscard]] std::uint64_t bytes_below(const std::filesystem::path& folder);

}  // namespace refold::bench
