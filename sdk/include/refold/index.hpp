#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "refold/table.hpp"

namespace refold {

namespace detail {

/// The parts of an index's key: By, or what it is made of, and Key.
template <class By, class Key>
struct IndexParts {
  using Type = std::tuple<By, Key>;
};
template <class... Parts, class Key>
struct IndexParts<std::tuple<Parts...>, Key> {
  using Type = std::tuple<Parts..., Key>;
};

}  // namespace detail

/// The rows of a table in another order, kept by the table: what Table::put(), remove() and
/// update() do, it follows.
///
///   refold::Table<std::string, BeanScore> beans{*this, "beans"};
///   refold::Index<std::uint32_t, std::string, BeanScore> by_rated{
///       beans, "beans-by-rated", [](const BeanScore& bean) { return bean.rated; }};
///
/// The function gives what a row is found by, from the row or from `(const Key&, const Row&)`: a
/// By; a std::optional<By>, if some rows are not in the index; or a std::vector<By>, if a row is
/// found by several. A By may be a std::tuple, and a stretch is narrowed by its first parts. The
/// index is a table of its own, whose keys are (By, Key), and is declared behind its table.
template <class By, class Key, class Row>
class Index {
 public:
  using Entry = std::tuple<By, Key>;
  /// The same bytes as an Entry, with the parts of a By that is a tuple one by one.
  using Parts = typename detail::IndexParts<By, Key>::Type;

  template <class Extract>
  Index(Table<Key, Row>& table, const char* name, Extract extract)
      : table_(table), entries_(table.owner(), name) {
    table.follow([this](const KeyView& key, const Row* before, const Row* after) {
      changed(key, before, after);
    });
    extract_ = [extract](const KeyView& key, const Row& row, std::vector<By>& found) {
      if constexpr (std::is_invocable_v<const Extract&, const Row&>) {
        add(found, std::invoke(extract, row));
      } else {
        add(found, std::invoke(extract, owned(key), row));
      }
    };
  }
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  /// Stretches of the index: by the first of its Parts.
  [[nodiscard]] static Range<Parts> all() { return {}; }
  template <class... First>
  [[nodiscard]] static Range<Parts> prefix(const First&... first) {
    return Range<Parts>().prefix(first...);
  }
  template <class... First>
  [[nodiscard]] static Range<Parts> from(const First&... first) {
    return Range<Parts>().from(first...);
  }
  template <class... First>
  [[nodiscard]] static Range<Parts> after(const First&... first) {
    return Range<Parts>().after(first...);
  }

  /// Calls `visit(const By&, const Key&, const Row&)` in the order of By, or
  /// `visit(const By&, const Key&)`, which spares the look at the table. As Table::scan().
  template <class Visit>
  void scan(const Range<Parts>& range, Visit&& visit) const {
    entries_.scan(range.template as<Entry>(), [&](const Entry& entry) {
      const auto& [by, key] = entry;
      if constexpr (std::is_invocable_v<Visit&, const By&, const Key&, const Row&>) {
        const std::optional<Row> row = table_.get(key);
        return !row || goes_on(visit, by, key, *row);
      } else {
        return goes_on(visit, by, key);
      }
    });
  }
  template <class Visit>
  void scan(Visit&& visit) const {
    scan(all(), visit);
  }

 private:
  using KeyView = typename detail::KeyForm<Key>::View;

  template <class Visit, class... Told>
  static bool goes_on(Visit& visit, const Told&... what) {
    if constexpr (std::is_same_v<std::invoke_result_t<Visit&, const Told&...>, bool>) {
      return visit(what...);
    } else {
      visit(what...);
      return true;
    }
  }
  static void add(std::vector<By>& found, By by) { found.push_back(std::move(by)); }
  static void add(std::vector<By>& found, std::optional<By> by) {
    if (by) found.push_back(std::move(*by));
  }
  static void add(std::vector<By>& found, std::vector<By> by) { found = std::move(by); }

  /// A key of its own, read from its own bytes.
  static Key owned(const KeyView& view) {
    Key key{};
    detail::Buffer bytes;
    detail::write_key<Key>(bytes, view);
    detail::read_key(bytes.view(), key);
    return key;
  }
  void changed(const KeyView& key, const Row* before, const Row* after) {
    std::vector<By> gone;
    std::vector<By> come;
    if (before != nullptr) extract_(key, *before, gone);
    if (after != nullptr) extract_(key, *after, come);
    if (gone == come) return;
    for (const By& by : gone) entries_.remove({by, key});
    for (const By& by : come) entries_.put({by, key}, {});
  }

  Table<Key, Row>& table_;
  Table<Entry, Nothing> entries_;
  std::function<void(const KeyView&, const Row&, std::vector<By>&)> extract_;
};

}  // namespace refold
