#pragma once

#include <memory>
#include <utility>

#include "core/lmdb/env.h"
#include "core/view/environment.h"
#include "core/view/group.h"
#include "core/view/row.h"

namespace refold::view {

/// The rows on the disk as one transaction sees them, by their whole keys. One thread. Views are
/// valid as long as it.
class Rows {
 public:
  explicit Rows(ReadTxn txn) : txn_(std::move(txn)) {}

  [[nodiscard]] Row get(std::uint32_t table, ByteView key, ByteView& row);
  [[nodiscard]] const Error& error() const noexcept { return error_; }
  [[nodiscard]] const ReadTxn& txn() const noexcept { return txn_; }

 private:
  friend class RowScan;
  [[nodiscard]] Row fail(std::uint32_t table, std::string_view what, int code);

  ReadTxn txn_;
  Error error_;
  /// The last group that was small enough to be loaded as a whole: the next scan may want it too.
  std::shared_ptr<const Group> group_;
};

/// Walks over rows of a table in the order of their whole keys. Goes before its Rows; the range is
/// the caller's for as long as it.
class RowScan {
 public:
  RowScan(Rows& rows, std::uint32_t table, const Range& range)
      : rows_(rows), table_(table), range_(range) {}

  /// `none`: that was the last one. `failed`: see Rows::error().
  [[nodiscard]] Row next();
  [[nodiscard]] ByteView key() const noexcept { return at_.key; }
  [[nodiscard]] ByteView row() const noexcept { return at_.row; }

 private:
  enum class Step : std::uint8_t { start, next, leave_group, ended };

  [[nodiscard]] int move(MDB_val& key, MDB_val& value);
  [[nodiscard]] int start(MDB_val& key, MDB_val& value);
  [[nodiscard]] int seek(ByteView stored, bool before, MDB_val& key, MDB_val& value);
  [[nodiscard]] int enter_group(ByteView prefix);
  [[nodiscard]] int load_window();
  [[nodiscard]] bool take_from_group();
  [[nodiscard]] bool group_goes_on() const noexcept;
  [[nodiscard]] Row end(Row outcome) noexcept;

  Rows& rows_;
  std::uint32_t table_;
  Range range_;
  lmdb::Cursor cursor_;
  Step step_ = Step::start;
  KeyAndRow at_;
  std::shared_ptr<const Group> group_;  ///< that it is in
  std::size_t group_left_ = 0;          ///< rows of it still to come
  bool took_from_group_ = false;
  Bytes bound_;
};

}  // namespace refold::view
