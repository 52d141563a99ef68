#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/atproto/cbor_writer.h"
#include "core/base/bytes.h"
#include "tests/bench/model/mix.h"
#include "tests/bench/model/network.h"
#include "tests/bench/model/posts.h"
#include "tests/bench/model/text.h"

namespace refold::bench {

/// Writes records in the shapes of the app.bsky lexicons, and of a few others, as DAG-CBOR. Each
/// method replaces `out` with one record. One thread at a time.
class Records {
 public:
  Records(Network& network, Writing& writing, Random& random);

  /// A like or a repost; one like in fifteen says through which repost its author came.
  void about_post(Bytes& out, std::string_view type, ActorId author, const PostRef& subject,
                  std::int64_t created_us);
  /// A follow or a block.
  void about_actor(Bytes& out, std::string_view type, ActorId author, ActorId subject,
                   std::int64_t created_us);
  /// `answered` and `quoted` may be null.
  void post(Bytes& out, ActorId author, const Post* answered, const PostRef* quoted,
            std::int64_t created_us);
  void profile(Bytes& out, ActorId author, std::int64_t created_us);
  /// A thread gate or a post gate: rules for the post of the same key.
  void gate(Bytes& out, std::string_view type, ActorId author, atproto::Tid post,
            std::int64_t created_us);
  void list_item(Bytes& out, ActorId author, atproto::Tid list, ActorId subject,
                 std::int64_t created_us);
  void foreign(Bytes& out, const Lexicon& lexicon, ActorId author, std::int64_t created_us);

 private:
  using Writer = atproto::cbor::Writer;

  void created_at(Writer& writer, ActorId author, std::int64_t created_us);
  void strong_ref(Writer& writer, std::string_view collection, const PostRef& ref);
  void uri(Writer& writer, ActorId author, std::string_view collection, std::string_view rkey);
  void uri(Writer& writer, ActorId author, std::string_view collection, atproto::Tid rkey);
  void did(Writer& writer, ActorId actor);
  void blob(Writer& writer, std::string_view mime_type, std::uint64_t size_median);
  void aspect_ratio(Writer& writer);
  void facets(Writer& writer);

  enum class Media : std::uint8_t { none, images, external, video };
  void embed(Writer& writer, std::size_t language, Media media, const PostRef* quoted);
  void media_embed(Writer& writer, std::size_t language, Media media);
  void images(Writer& writer, std::size_t language);
  void external(Writer& writer, std::size_t language);
  void video(Writer& writer);
  void quote(Writer& writer, const PostRef& quoted);

  void play(Writer& writer, std::string_view type, ActorId author, std::int64_t created_us);
  void status(Writer& writer, std::string_view type, ActorId author, std::int64_t created_us);
  void article(Writer& writer, std::string_view type, ActorId author, std::int64_t created_us);
  void brew(Writer& writer, std::string_view type, ActorId author, std::int64_t created_us);

  [[nodiscard]] std::size_t language_of(ActorId author) const;
  void sentences(std::size_t language, double bytes_median, double sigma);

  Network& network_;
  Writing& writing_;
  Random& random_;
  std::string text_;
  std::vector<Facet> facets_;
  std::string scratch_;
};

}  // namespace refold::bench
