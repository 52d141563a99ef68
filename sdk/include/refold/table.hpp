#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "refold/base.hpp"
#include "refold/key.hpp"
#include "refold/layout.hpp"
#include "refold/range.hpp"
#include "refold/row.hpp"

namespace refold {

/// A row that says nothing beside its key: refold::Table<Did, refold::Nothing> is a set.
struct Nothing {
  friend bool operator==(const Nothing&, const Nothing&) = default;
  template <class Archive>
  void serialize(Archive& /*archive*/) {}
};

namespace detail {

/// Told of every change of a table's rows: an index.
template <class Key, class Row>
class Follower {
 public:
  virtual void changed(const typename KeyForm<Key>::View& key, const Row* before,
                       const Row* after) = 0;

 protected:
  ~Follower() = default;
};

}  // namespace detail

/// A table of a projection: rows by their key, in the order of the keys (see key.hpp for what a key
/// may be, row.hpp for a row).
///
///   refold::Table<std::string, BeanScore> beans{*this, "beans"};
///
/// Changes become durable together with the position in the log, or not at all; an instance sees
/// its own. In a query a table can be read, at one moment from the query's beginning to its end.
///
/// Keys are passed as what they are made of: a table by std::tuple<Did, Nsid> takes {did, nsid},
/// where each may be any text, without a copy.
///
/// When a table cannot be read or written, the batch ends there and is rolled back: no function
/// here reports it. A row that cannot be decoded stops the projection.
template <class Key, class Row>
class Table {
 public:
  using KeyView = typename detail::KeyForm<Key>::View;

  /// A member of the projection `owner`. The name is unique in it: a-z, 0-9 and '-', the first a
  /// letter.
  Table(Projection& owner, const char* name)
      : owner_(owner), name_(name), index_(static_cast<std::uint32_t>(instance().tables.size())) {
    instance().tables.push_back({name, &detail::layout_of<Key, Row>, &render});
    detail::Buffer empty;
    detail::write_row(empty, Row{});
    empty_.assign(empty.view().begin(), empty.view().end());
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  [[nodiscard]] std::optional<Row> get(const KeyView& key) const {
    std::optional<Row> row;
    detail::Buffer bytes;
    detail::write_key<Key>(bytes, key);
    read(bytes, row);
    return row;
  }
  [[nodiscard]] bool contains(const KeyView& key) const {
    ByteView row;
    detail::Buffer bytes;
    detail::write_key<Key>(bytes, key);
    return instance().get(index_, bytes.abi(), row);
  }

  /// Writes a row, in place of the one with this key, if there is one.
  void put(const KeyView& key, const Row& row) {
    std::optional<Row> before;
    detail::Buffer bytes;
    detail::write_key<Key>(bytes, key);
    if (!followers_.empty()) read(bytes, before);
    write(bytes, row);
    tell(key, before, &row);
  }
  /// Removes a row, if there is one.
  void remove(const KeyView& key) {
    std::optional<Row> before;
    detail::Buffer bytes;
    detail::write_key<Key>(bytes, key);
    if (!followers_.empty()) read(bytes, before);
    instance().remove(index_, bytes.abi());
    tell(key, before, nullptr);
  }
  /// Changes a row: `change(Row&)` is given the one with this key.
  ///
  /// Here, a row that is as new, Row{}, and no row are the same thing. So where there is none,
  /// `change` is given a new one; and where it leaves one that is as new, there is none after. A
  /// count that goes back to zero takes its row away with it.
  template <class Change>
  void update(const KeyView& key, Change&& change) {
    std::optional<Row> before;
    detail::Buffer bytes;
    detail::write_key<Key>(bytes, key);
    read(bytes, before);
    Row after = before ? *before : Row{};
    change(after);
    detail::Buffer row;
    detail::write_row(row, after);
    const bool stays = !detail::equal(row.view(), empty_);
    if (stays) {
      instance().put(index_, bytes.abi(), row.abi());
    } else if (before) {
      instance().remove(index_, bytes.abi());
    }
    if (!followers_.empty()) tell(key, before, stays ? &after : nullptr);
  }

  /// Stretches of the table, for scan() and first(); see Range.
  [[nodiscard]] static Range<Key> all() { return {}; }
  template <class... Parts>
  [[nodiscard]] static Range<Key> prefix(const Parts&... parts) {
    return Range<Key>().prefix(parts...);
  }
  template <class... Parts>
  [[nodiscard]] static Range<Key> starting_with(const Parts&... parts) {
    return Range<Key>().starting_with(parts...);
  }
  template <class... Parts>
  [[nodiscard]] static Range<Key> from(const Parts&... parts) {
    return Range<Key>().from(parts...);
  }
  template <class... Parts>
  [[nodiscard]] static Range<Key> after(const Parts&... parts) {
    return Range<Key>().after(parts...);
  }

  /// Calls `visit(const Key&, const Row&)` for each row, or `visit(const Key&)`, which spares the
  /// decoding of rows. One that returns a bool ends the scan with false. It may read any table, but
  /// not change one: the host refuses that.
  template <class Visit>
  void scan(const Range<Key>& range, Visit&& visit) const {
    if (range.empty()) return;
    Visiting<Visit> visiting{*this, visit, {}, {}};
    const refold_range abi = range.abi();
    const refold_host& host = instance().called();
    const refold_result result =
        host.scan(&host, index_, &abi, &Visiting<Visit>::visit_row, &visiting);
    if (visiting.thrown) std::rethrow_exception(visiting.thrown);
    instance().check(result);
  }
  template <class Visit>
  void scan(Visit&& visit) const {
    scan(all(), visit);
  }
  /// The first row of a range (or, backwards, the last), if there is one.
  [[nodiscard]] std::optional<std::pair<Key, Row>> first(const Range<Key>& range = {}) const {
    std::optional<std::pair<Key, Row>> found;
    scan(range, [&found](const Key& key, const Row& row) {
      found.emplace(key, row);
      return false;
    });
    return found;
  }

  [[nodiscard]] const char* name() const noexcept { return name_; }
  /// For an Index: it is told of every change from now on.
  [[nodiscard]] Projection& follow(detail::Follower<Key, Row>& follower) {
    followers_.push_back(&follower);
    return owner_;
  }

 private:
  template <class Visit>
  struct Visiting {
    const Table& table;
    Visit& visit;
    Key key;
    std::exception_ptr thrown;

    /// Nothing is thrown through the host: what `visit` throws is thrown again behind it.
    static refold_result visit_row(void* context, refold_bytes key, refold_bytes row) {
      auto& self = *static_cast<Visiting*>(context);
      try {
        return self.goes_on(detail::bytes_of(key), detail::bytes_of(row)) ? REFOLD_OK : REFOLD_NONE;
      } catch (...) {
        self.thrown = std::current_exception();
        return REFOLD_NONE;
      }
    }
    bool goes_on(ByteView key_bytes, ByteView row_bytes) {
      if (!detail::read_key(key_bytes, key)) table.fail("has a key that is none of its keys");
      if constexpr (std::is_invocable_v<Visit&, const Key&, const Row&>) {
        const Row row = table.decoded(key_bytes, row_bytes);
        return told(key, row);
      } else {
        return told(std::as_const(key));
      }
    }
    template <class... Told>
    bool told(const Told&... what) {
      if constexpr (std::is_same_v<std::invoke_result_t<Visit&, const Told&...>, bool>) {
        return visit(what...);
      } else {
        visit(what...);
        return true;
      }
    }
  };

  [[nodiscard]] detail::Instance& instance() const noexcept { return detail::instance_of(owner_); }
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error("table '" + std::string(name_) + "' " + what);
  }
  [[nodiscard]] Row decoded(ByteView key, ByteView bytes) const {
    Row row{};
    try {
      detail::read_row(bytes, row);
    } catch (const std::exception& error) {
      Key read{};
      fail("has a row that cannot be decoded (" + std::string(error.what()) + "), with the key " +
           (detail::read_key(key, read) ? to_json(read) : "?"));
    }
    return row;
  }
  void read(const detail::Buffer& key, std::optional<Row>& row) const {
    ByteView bytes;
    if (instance().get(index_, key.abi(), bytes)) row.emplace(decoded(key.view(), bytes));
  }
  void write(const detail::Buffer& key, const Row& row) {
    detail::Buffer bytes;
    detail::write_row(bytes, row);
    instance().put(index_, key.abi(), bytes.abi());
  }
  void tell(const KeyView& key, const std::optional<Row>& before, const Row* after) {
    for (auto* follower : followers_) follower->changed(key, before ? &*before : nullptr, after);
  }
  static bool render(ByteView key_bytes, ByteView row_bytes, std::string& json) {
    Key key{};
    Row row{};
    if (!detail::read_key(key_bytes, key)) return false;
    try {
      detail::read_row(row_bytes, row);
    } catch (const std::exception&) {
      return false;
    }
    json += "{\"key\":";
    detail::append_json(json, key);
    json += ",\"row\":";
    detail::append_json(json, row);
    json += '}';
    return true;
  }

  Projection& owner_;
  const char* name_;
  std::uint32_t index_;
  Bytes empty_;  // a new row
  std::vector<detail::Follower<Key, Row>*> followers_;
};

}  // namespace refold
