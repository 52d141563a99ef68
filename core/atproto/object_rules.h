#pragma once

#include <cstdint>
#include <string_view>

namespace refold::atproto {

/// What the data model asks of an object whatever its encoding: the rules about `$link`, `$bytes`,
/// `$type` and blobs (specs/data-model). One for each object, told of each field.
class ObjectRules {
 public:
  /// The kinds of values that the rules tell apart.
  enum class Kind : std::uint8_t { text, integer, link, other };

  /// Takes note of a field; `text` is its value where that is a text.
  void note(std::string_view key, Kind kind, std::string_view text) noexcept {
    // Keys of no interest leave by their length or their first character.
    if (key.size() < 3 || key.size() > 8) return;
    if (key[0] == '$') {
      note_dollar(key, kind, text);
    } else if (key == "ref") {
      has_ref_ = kind == Kind::link;
    } else if (key == "size") {
      has_size_ = kind == Kind::integer;
    } else if (key == "mimeType") {
      has_mime_type_ = kind == Kind::text;
    }
  }

  /// The rule that the fields break together, as a sentence; null if none.
  [[nodiscard]] const char* broken() const noexcept {
    if (broken_ != nullptr || !is_blob_) return broken_;
    if (!has_ref_) return "a blob needs a \"ref\" that is a link";
    if (!has_mime_type_) return "a blob needs a \"mimeType\" that is a text";
    if (!has_size_) return "a blob needs a \"size\" that is an integer";
    return nullptr;
  }

 private:
  void note_dollar(std::string_view key, Kind kind, std::string_view text) noexcept {
    if (key == "$type") {
      if (kind != Kind::text || text.empty())
        broken_ = "\"$type\" must be a text that is not empty";
      is_blob_ = kind == Kind::text && text == "blob";
    } else if (key == "$link" || key == "$bytes") {
      broken_ =
          "\"$link\" and \"$bytes\" may have no other key beside them, and are no names of fields";
    }
  }

  const char* broken_ = nullptr;
  bool is_blob_ = false;
  bool has_ref_ = false;
  bool has_mime_type_ = false;
  bool has_size_ = false;
};

}  // namespace refold::atproto
