#pragma once

#include <string>
#include <string_view>

#include "refold/key.hpp"

namespace refold {

/// A stretch of a table in the order of its keys, in either direction; all of it, to begin with.
///
///   table.scan(table.all().backwards(), ...)             from the last row to the first
///   table.scan(table.prefix(did, collection), ...)       keys that begin with these two parts
///   table.scan(table.prefix(did).after(did, rkey), ...)  the next page
///
/// Each function takes the first parts of a key, or all of them, and narrows the stretch further.
template <class Key>
class Range {
 public:
  /// Keys that begin with these parts.
  template <class... Parts>
  Range& prefix(const Parts&... parts) {
    return from(parts...).through(parts...);
  }
  /// The same, and the last part, a text, is itself only the beginning of one:
  /// starting_with(did, "app.bsky.").
  template <class... Parts>
  Range& starting_with(const Parts&... parts) {
    using Last = typename detail::KeyPart<sizeof...(Parts) - 1, Key>::Type;
    static_assert(std::same_as<typename detail::KeyForm<Last>::View, std::string_view>,
                  "refold: only a text begins with a text");
    std::string bytes = encoded(parts...);
    bytes.pop_back();  // the end of the text
    raise(bytes);
    lower(behind(bytes));
    return *this;
  }
  /// Not before the first key that begins with these parts.
  template <class... Parts>
  Range& from(const Parts&... parts) {
    raise(encoded(parts...));
    return *this;
  }
  /// Behind the last key that begins with these parts.
  template <class... Parts>
  Range& after(const Parts&... parts) {
    const std::string bytes = behind(encoded(parts...));
    nothing_ = nothing_ || bytes.empty();
    raise(bytes);
    return *this;
  }
  /// Before the first key that begins with these parts.
  template <class... Parts>
  Range& until(const Parts&... parts) {
    lower(encoded(parts...));
    return *this;
  }
  /// Not behind the last key that begins with these parts.
  template <class... Parts>
  Range& through(const Parts&... parts) {
    lower(behind(encoded(parts...)));
    return *this;
  }
  /// What lies behind the key of these bytes, in the direction of the range: say backwards() first.
  Range& beyond(ByteView key) {
    const std::string bytes(detail::text_of(key));
    if (backwards_) {
      lower(bytes);
    } else {
      const std::string next = behind(bytes);
      nothing_ = nothing_ || next.empty();
      raise(next);
    }
    return *this;
  }
  /// From the last key to the first.
  Range& backwards() {
    backwards_ = true;
    return *this;
  }

  /// The same stretch of keys that have the same bytes, such as a tuple and the tuple in a tuple.
  template <class Other>
  [[nodiscard]] Range<Other> as() const {
    Range<Other> range;
    range.from_ = from_;
    range.until_ = until_;
    range.backwards_ = backwards_;
    range.nothing_ = nothing_;
    return range;
  }
  /// No key is in it. (To the host, an empty end means that there is none.)
  [[nodiscard]] bool empty() const noexcept {
    return nothing_ || (!until_.empty() && from_ >= until_);
  }
  /// As the host takes it; not if it is empty. Points into this.
  [[nodiscard]] refold_range abi() const noexcept {
    return {sizeof(refold_range), detail::abi_of(from_), detail::abi_of(until_),
            backwards_ ? 1U : 0U};
  }

 private:
  template <class Other>
  friend class Range;
  template <class... Parts>
  static std::string encoded(const Parts&... parts) {
    static_assert(sizeof...(Parts) > 0, "refold: a range begins or ends at a key, or its parts");
    detail::Buffer buffer;
    detail::write_parts<Key>(buffer, parts...);
    return std::string(detail::text_of(buffer.view()));
  }
  /// The first bytes behind all that begin with these; empty if there are none.
  static std::string behind(std::string bytes) {
    while (!bytes.empty() && bytes.back() == '\xff') bytes.pop_back();
    if (bytes.empty()) return bytes;
    bytes.back() = static_cast<char>(static_cast<unsigned char>(bytes.back()) + 1);
    return bytes;
  }
  void raise(const std::string& from) {
    if (from > from_) from_ = from;
  }
  void lower(const std::string& until) {
    if (!until.empty() && (until_.empty() || until < until_)) until_ = until;
  }

  std::string from_;
  std::string until_;  // empty: to the end
  bool backwards_ = false;
  bool nothing_ = false;
};

}  // namespace refold
