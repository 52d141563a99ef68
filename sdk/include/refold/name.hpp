#pragma once

#include <compare>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "refold/detail/syntax.hpp"

namespace refold {

/// A text that follows a syntax of the protocol: Did, Nsid, Handle, RecordKey, AtUri. It passes for
/// a std::string_view wherever one is wanted. Empty if it was default-constructed.
template <class Self>
class Name {
 public:
  Name() = default;
  /// std::invalid_argument, with the text, if it is none.
  explicit Name(std::string text) : text_(std::move(text)) {
    if (!Self::valid(text_)) {
      throw std::invalid_argument("'" + text_ + "' is no " + std::string(Self::what));
    }
  }
  /// None if the text is none.
  [[nodiscard]] static std::optional<Self> parse(std::string_view text) {
    if (!Self::valid(text)) return std::nullopt;
    return unchecked(text);
  }
  /// For texts that were checked before.
  [[nodiscard]] static Self unchecked(std::string_view text) {
    Self name;
    name.text_ = text;
    return name;
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  operator std::string_view() const noexcept {  // NOLINT(google-explicit-constructor)
    return text_;
  }

  friend bool operator==(const Self& a, const Self& b) noexcept { return a.text() == b.text(); }
  friend bool operator==(const Self& a, std::string_view b) noexcept { return a.text() == b; }
  friend std::strong_ordering operator<=>(const Self& a, const Self& b) noexcept {
    return a.text().compare(b.text()) <=> 0;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(text_);
  }

 private:
  std::string text_;
};

/// `did:plc:...`, `did:web:...`: an account.
class Did : public Name<Did> {
 public:
  using Name::Name;
  static constexpr std::string_view what = "DID";
  [[nodiscard]] static bool valid(std::string_view text) noexcept {
    return detail::valid_did(text);
  }
};

/// `app.bsky.feed.like`: the type of a record, and the collection it is in.
class Nsid : public Name<Nsid> {
 public:
  using Name::Name;
  static constexpr std::string_view what = "NSID";
  [[nodiscard]] static bool valid(std::string_view text) noexcept {
    return detail::valid_nsid(text);
  }
};

/// `alice.example.com`.
class Handle : public Name<Handle> {
 public:
  using Name::Name;
  static constexpr std::string_view what = "handle";
  [[nodiscard]] static bool valid(std::string_view text) noexcept {
    return detail::valid_handle(text);
  }
};

/// The name of a record within its collection.
class RecordKey : public Name<RecordKey> {
 public:
  using Name::Name;
  static constexpr std::string_view what = "record key";
  [[nodiscard]] static bool valid(std::string_view text) noexcept {
    return detail::valid_record_key(text);
  }
};

/// `at://authority[/collection[/rkey]]`: an account, a collection of it, or a record.
class AtUri : public Name<AtUri> {
 public:
  using Name::Name;
  static constexpr std::string_view what = "AT-URI";
  [[nodiscard]] static bool valid(std::string_view text) noexcept {
    return detail::valid_at_uri(text);
  }
  /// Of a record. The parts must be what their names say.
  [[nodiscard]] static AtUri of(std::string_view did, std::string_view collection,
                                std::string_view rkey) {
    std::string text;
    text.reserve(did.size() + collection.size() + rkey.size() + 7);
    text.append("at://").append(did).append("/").append(collection).append("/").append(rkey);
    return unchecked(text);
  }

  /// A DID or a handle. Views into this text, as the others.
  [[nodiscard]] std::string_view authority() const noexcept { return parts().authority; }
  /// Empty if there is none.
  [[nodiscard]] std::string_view collection() const noexcept { return parts().collection; }
  [[nodiscard]] std::string_view rkey() const noexcept { return parts().rkey; }

 private:
  [[nodiscard]] detail::AtUriParts parts() const noexcept { return detail::split_at_uri(text()); }
};

}  // namespace refold
