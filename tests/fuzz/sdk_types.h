#pragma once

#include <refold/projection.hpp>

namespace refold::test {

/// A record, a row and a key with something of everything.
struct Embed {
  static constexpr std::string_view type = "app.bsky.embed.images";
  std::vector<Blob> images;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(images));
  }
};

struct Post {
  std::string text;
  std::optional<std::vector<std::string>> langs;
  std::optional<Datetime> created_at;
  std::optional<StrongRef> subject;
  std::optional<Union<Embed>> embed;
  std::optional<Value> reply;
  std::optional<std::map<std::string, std::int32_t>> counts;
  std::optional<std::vector<Post>> posts;
  std::optional<Did> did;
  std::optional<Tid> tid;
  std::optional<Cid> link;
  std::optional<Bytes> bytes;
  std::optional<bool> yes;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(text), REFOLD_FIELD(langs), REFOLD_NAMED("createdAt", created_at),
            REFOLD_FIELD(subject), REFOLD_FIELD(embed), REFOLD_FIELD(reply), REFOLD_FIELD(counts),
            REFOLD_FIELD(posts), REFOLD_FIELD(did), REFOLD_FIELD(tid), REFOLD_FIELD(link),
            REFOLD_FIELD(bytes), REFOLD_FIELD(yes));
  }
};

struct Row {
  bool yes = false;
  std::uint32_t number = 0;
  std::string text;
  std::optional<std::vector<std::string>> texts;
  std::map<std::string, std::int64_t> counts;
  Did did;
  Cid cid;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(yes, number, text, texts, counts, did, cid);
  }
};

using Key =
    std::tuple<std::string, std::optional<std::int16_t>, bool, Tid, std::pair<Bytes, Cid>, Did>;

}  // namespace refold::test
