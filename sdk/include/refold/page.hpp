#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "refold/argument.hpp"
#include "refold/detail/base64.hpp"
#include "refold/index.hpp"
#include "refold/json.hpp"
#include "refold/table.hpp"

namespace refold {

/// Where a page ended: given back with the same question, the answer goes on there. A text that
/// means nothing to anybody else. As a parameter of a query, it need not be given.
class Cursor {
 public:
  /// Before the first row.
  Cursor() = default;
  /// None if the text is none. An empty text is the one before the first row.
  [[nodiscard]] static std::optional<Cursor> parse(std::string_view text) {
    const auto key = detail::read_base64(text, detail::base64url_alphabet);
    if (!key || key->size() > REFOLD_KEY_MAX) return std::nullopt;
    return behind(*key);
  }
  /// Behind the row whose key has these bytes.
  [[nodiscard]] static Cursor behind(ByteView key) {
    Cursor cursor;
    detail::append_base64(cursor.text_, key, detail::base64url_alphabet);
    return cursor;
  }

  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  operator std::string_view() const noexcept {  // NOLINT(google-explicit-constructor)
    return text_;
  }
  [[nodiscard]] Bytes key() const {
    return detail::read_base64(text_, detail::base64url_alphabet).value_or(Bytes());
  }

  friend bool operator==(const Cursor&, const Cursor&) = default;

 private:
  std::string text_;
};

/// Some of the items of a longer answer: {"items":[...],"cursor":"..."}.
template <class Item>
struct Page {
  std::vector<Item> items;
  std::optional<Cursor> cursor;  ///< for the next page; none: this is the last one
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(items), REFOLD_FIELD(cursor));
  }
};

namespace detail {

template <>
struct ArgumentForm<Cursor> {
  static constexpr std::uint32_t type = REFOLD_TEXT;
  static Argument declare(Argument argument) {
    constexpr auto bytes_max = static_cast<std::int64_t>((REFOLD_KEY_MAX * 4 + 2) / 3);
    argument.least = 0;
    argument.most = std::min(argument.most, bytes_max);
    if (argument.fallback.text() == nullptr) argument.fallback = "";
    return argument;
  }
  static Cursor read(std::string_view text) {
    if (auto cursor = Cursor::parse(text)) return *std::move(cursor);
    throw std::invalid_argument("'" + std::string(text) + "' is no cursor of a page");
  }
};

/// What `read` makes of a row: an Item, or none.
template <class T>
struct ItemOf {
  using Type = T;
};
template <class T>
struct ItemOf<std::optional<T>> {
  using Type = T;
};

/// No more items are taken when those of a page have this many bytes in the answer: the last one
/// may be a record, and the longest JSON of one is far shorter than REFOLD_ANSWER_MAX.
inline constexpr std::size_t page_bytes = std::size_t{4} << 20;

/// A page that is being filled.
template <class Key, class Item>
class PageWriter {
 public:
  explicit PageWriter(std::size_t limit) : left_(std::max<std::size_t>(limit, 1)) {}

  /// False: the row with this key belongs to the next page.
  template <class Read>
  bool add(const typename KeyForm<Key>::View& key, const Read& read) {
    if (left_ == 0) {
      page_.cursor = Cursor::behind(last_.view());
      return false;
    }
    --left_;
    put(read());
    if (bytes_ >= page_bytes) left_ = 0;
    if (left_ == 0) write_key<Key>(last_, key);
    return true;
  }
  Page<Item> take() { return std::move(page_); }

 private:
  void put(Item item) {
    json_.clear();
    append_json(json_, item);
    bytes_ += json_.size();
    page_.items.push_back(std::move(item));
  }
  void put(std::optional<Item> item) {
    if (item) put(*std::move(item));
  }

  Page<Item> page_;
  std::size_t left_;
  std::size_t bytes_ = 0;  // of the items, in the answer
  std::string json_;
  Buffer last_;  // the key of the last row of the page
};

}  // namespace detail

/// The next `limit` rows (at least 1) of a stretch of a table, behind `cursor`; fewer, if they are
/// so long that the answer would be: a page ends when it has 4 MiB.
///
///   refold::Page<Item> list(const refold::Did& did, std::size_t limit,
///                           const refold::Cursor& cursor) const {
///     return refold::page(items, items.prefix(did), cursor, limit,
///                         [](const Key& key, const Row& row) { return Item{...}; });
///   }
///   refold::Query list_query{*this, "list", "...", &Items::list,
///                            {{.name = "did"},
///                             {.name = "limit", .fallback = 50, .least = 1, .most = 100},
///                             {.name = "cursor"}}};
///
/// `read(const Key&, const Row&)`, or `read(const Key&)`, makes an item of a row; one that returns
/// a std::optional may pass over it: the page is then shorter. What it may do is as in
/// Table::scan(). Rows that come or go between two pages move no other row into both, or out of
/// both.
template <class Key, class Row, class Read>
[[nodiscard]] auto page(const Table<Key, Row>& table, Range<Key> range, const Cursor& cursor,
                        std::size_t limit, Read&& read) {
  constexpr bool whole = std::is_invocable_v<Read&, const Key&, const Row&>;
  const auto fill = [&](auto& writer) {
    if (!cursor.empty()) range.beyond(cursor.key());
    if constexpr (whole) {
      table.scan(range, [&](const Key& key, const Row& row) {
        return writer.add(key, [&] { return read(key, row); });
      });
    } else {
      table.scan(range, [&](const Key& key) { return writer.add(key, [&] { return read(key); }); });
    }
    return writer.take();
  };
  if constexpr (whole) {
    using Made = std::invoke_result_t<Read&, const Key&, const Row&>;
    detail::PageWriter<Key, typename detail::ItemOf<Made>::Type> writer(limit);
    return fill(writer);
  } else {
    using Made = std::invoke_result_t<Read&, const Key&>;
    detail::PageWriter<Key, typename detail::ItemOf<Made>::Type> writer(limit);
    return fill(writer);
  }
}

/// The same in the order of an index, with `read(const By&, const Key&)`.
template <class By, class Key, class Row, class Read>
[[nodiscard]] auto page(const Index<By, Key, Row>& index,
                        Range<typename Index<By, Key, Row>::Parts> range, const Cursor& cursor,
                        std::size_t limit, Read&& read) {
  using Made = std::invoke_result_t<Read&, const By&, const Key&>;
  using Entry = typename Index<By, Key, Row>::Entry;
  detail::PageWriter<Entry, typename detail::ItemOf<Made>::Type> writer(limit);
  if (!cursor.empty()) range.beyond(cursor.key());
  index.scan(range, [&](const By& by, const Key& key) {
    return writer.add({by, key}, [&] { return read(by, key); });
  });
  return writer.take();
}

}  // namespace refold
