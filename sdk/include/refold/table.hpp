#pragma once

#include <cstdint>
#include <exception>
#include <functional>
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
/// here reports it. A row that cannot be decoded stops the projection, and so does one of more than
/// REFOLD_ROW_MAX bytes (2 MiB). A key of more than REFOLD_KEY_MAX bytes (8,192) does not stop it,
/// because records may hold any text: there is never a row with such a key, and writing one does
/// nothing, but that the engine's log tells of it.
template <class Key, class Row>
class Table {
 public:
  using KeyView = typename detail::KeyForm<Key>::View;
  /// Told of a change of a row, after it was made; null: there was, or is, none.
  using Follower = std::function<void(const KeyView& key, const Row* before, const Row* after)>;

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
    return find(bytes, row);
  }

  /// Writes a row, in place of the one with this key, if there is one.
  void put(const KeyView& key, const Row& row) {
    std::optional<Row> before;
    detail::Buffer bytes;
    detail::write_key<Key>(bytes, key);
    if (is_too_long(bytes)) return;
    if (!followers_.empty()) read(bytes, before);
    write(bytes, row);
    tell(key, before, &row);
  }
  /// Removes a row, if there is one.
  void remove(const KeyView& key) {
    std::optional<Row> before;
    detail::Buffer bytes;
    detail::write_key<Key>(bytes, key);
    if (bytes.size() > REFOLD_KEY_MAX) return;
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
    if (is_too_long(bytes)) return;
    ByteView found;
    const bool was_there = find(bytes, found);
    Row row = was_there ? decoded(bytes.view(), found) : Row{};
    if (was_there && !followers_.empty()) before = row;
    change(row);
    detail::Buffer row_bytes;
    detail::write_row(row_bytes, row);
    const bool stays = !detail::equal(row_bytes.view(), empty_);
    if (stays) {
      instance().put(index_, bytes.abi(), row_bytes.abi());
    } else if (was_there) {
      instance().remove(index_, bytes.abi());
    }
    tell(key, before, stays ? &row : nullptr);
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
  /// decoding of rows. One that returns a bool ends the scan with false. It may get() from any
  /// table and ask account(); the host refuses that it scans another time, or changes a table.
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
  [[nodiscard]] Projection& owner() const noexcept { return owner_; }
  /// For an Index: `follower` is told of every change from now on.
  void follow(Follower follower) { followers_.push_back(std::move(follower)); }

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
  bool find(const detail::Buffer& key, ByteView& row) const {
    return key.size() <= REFOLD_KEY_MAX && instance().get(index_, key.abi(), row);
  }
  void read(const detail::Buffer& key, std::optional<Row>& row) const {
    ByteView bytes;
    if (find(key, bytes)) row.emplace(decoded(key.view(), bytes));
  }
  [[nodiscard]] bool is_too_long(const detail::Buffer& key) const {
    if (key.size() <= REFOLD_KEY_MAX) return false;
    instance().tell_now_and_then(instance().long_keys, [&] {
      return "table '" + std::string(name_) + "': a row with a key of " +
             std::to_string(key.size()) + " bytes is not kept; at most " +
             std::to_string(REFOLD_KEY_MAX) + " can be";
    });
    return true;
  }
  void write(const detail::Buffer& key, const Row& row) {
    detail::Buffer bytes;
    detail::write_row(bytes, row);
    instance().put(index_, key.abi(), bytes.abi());
  }
  void tell(const KeyView& key, const std::optional<Row>& before, const Row* after) {
    for (const Follower& follower : followers_) follower(key, before ? &*before : nullptr, after);
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
  std::vector<Follower> followers_;
};

}  // namespace refold
