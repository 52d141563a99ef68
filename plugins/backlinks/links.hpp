#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <refold/types.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace refold::plugins {

/// One place of a record that names another record, or an account.
struct Link {
  std::string target;  ///< an AT-URI or a DID, as the record has it
  std::string path;    ///< .subject.uri

  friend bool operator==(const Link&, const Link&) = default;
  friend bool operator<(const Link& a, const Link& b) noexcept {
    return std::tie(a.target, a.path) < std::tie(b.target, b.path);
  }
};

/// A record's links, each once, in order: every text in it that is an AT-URI or a DID as a whole.
///
/// A path begins with a dot, and goes from field to field. An item of an array is [], or [TYPE] if
/// it is an object with that `$type`:
///
///   .subject.uri
///   .facets[].features[app.bsky.richtext.facet#mention].did
///
/// Records are written by anybody, so there are bounds, and what is beyond them is no link: the
/// depth, the length of a path, and how many texts of one record count.
class Links {
 public:
  static constexpr unsigned depth_max = 32;
  static constexpr std::size_t path_bytes_max = 1000;
  static constexpr std::size_t count_max = 4096;

  [[nodiscard]] static std::vector<Link> of(const std::optional<Value>& record) {
    Links links;
    if (record) links.walk(*record, 0);
    std::sort(links.found_.begin(), links.found_.end());
    links.found_.erase(std::unique(links.found_.begin(), links.found_.end()), links.found_.end());
    return std::move(links.found_);
  }
  [[nodiscard]] static bool is_target(std::string_view text) noexcept {
    if (text.starts_with("at://")) return AtUri::valid(text);
    return text.starts_with("did:") && Did::valid(text);
  }

 private:
  /// False: enough.
  bool walk(const Value& value, unsigned depth) {
    if (depth > depth_max || path_.size() > path_bytes_max) return true;
    if (const auto text = value.text()) {
      if (is_target(*text)) found_.push_back({std::string(*text), path_});
      return found_.size() < count_max;
    }
    bool more = true;
    const std::size_t here = path_.size();
    const auto enter = [&](const Value& part) {
      more = walk(part, depth + 1);
      path_.resize(here);
      return more;
    };
    value.for_each_field([&](std::string_view name, const Value& field) {
      path_.append(".").append(name);
      return enter(field);
    });
    value.for_each_item([&](const Value& item) {
      path_.append("[").append(type_of(item)).append("]");
      return enter(item);
    });
    return more;
  }
  static std::string_view type_of(const Value& item) noexcept {
    const auto type = item["$type"];
    return type ? type->text().value_or("") : "";
  }

  std::vector<Link> found_;
  std::string path_;
};

}  // namespace refold::plugins
