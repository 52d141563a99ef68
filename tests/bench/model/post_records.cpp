#include <algorithm>

#include "tests/bench/model/records.h"

namespace refold::bench {

void Records::post(Bytes& out, ActorId author, const Post* answered, const PostRef* quoted,
                   std::int64_t created_us) {
  out.clear();
  Writer writer(out);
  const std::size_t language = language_of(author);
  writing_.post(language, text_, facets_);
  const double choice = random_.unit() * (answered != nullptr ? 3.0 : 1.0);
  const Media media = choice < 0.26   ? Media::images
                      : choice < 0.44 ? Media::external
                      : choice < 0.48 ? Media::video
                                      : Media::none;
  if (media == Media::images && random_.chance(0.1)) {
    text_.clear();
    facets_.clear();
  }
  const bool embeds = media != Media::none || quoted != nullptr;
  const bool langs = random_.chance(0.93);
  const auto pairs = 3U + (embeds ? 1U : 0U) + (langs ? 1U : 0U) + (answered != nullptr ? 1U : 0U) +
                     (facets_.empty() ? 0U : 1U);
  writer.map(pairs);
  writer.key("text");
  writer.text(text_);
  writer.key("$type");
  writer.text("app.bsky.feed.post");
  if (embeds) embed(writer, language, media, quoted);
  if (langs) {
    writer.key("langs");
    writer.array(1);
    writer.text(writing_.tag(language));
  }
  if (answered != nullptr) {
    writer.key("reply");
    writer.map(2);
    writer.key("root");
    strong_ref(writer, "app.bsky.feed.post", answered->root);
    writer.key("parent");
    strong_ref(writer, "app.bsky.feed.post", answered->self);
  }
  if (!facets_.empty()) facets(writer);
  created_at(writer, author, created_us);
}

void Records::facets(Writer& writer) {
  writer.key("facets");
  writer.array(facets_.size());
  for (const Facet& facet : facets_) {
    writer.map(2);
    writer.key("index");
    writer.map(2);
    writer.key("byteEnd");
    writer.unsigned_integer(facet.byte_end);
    writer.key("byteStart");
    writer.unsigned_integer(facet.byte_start);
    writer.key("features");
    writer.array(1);
    writer.map(2);
    switch (facet.kind) {
      case Facet::Kind::link:
        writer.key("uri");
        writer.text(facet.target);
        writer.key("$type");
        writer.text("app.bsky.richtext.facet#link");
        break;
      case Facet::Kind::mention:
        writer.key("did");
        did(writer, network_.popular_actor());
        writer.key("$type");
        writer.text("app.bsky.richtext.facet#mention");
        break;
      case Facet::Kind::tag:
        writer.key("tag");
        writer.text(facet.target);
        writer.key("$type");
        writer.text("app.bsky.richtext.facet#tag");
        break;
    }
  }
}

void Records::blob(Writer& writer, std::string_view mime_type, std::uint64_t size_median) {
  atproto::Cid cid{atproto::Cid::Codec::raw, {}};
  for (std::size_t i = 0; i < cid.digest.size(); i += sizeof(std::uint64_t)) {
    store_le(cid.digest.data() + i, random_.bits());
  }
  writer.map(4);
  writer.key("ref");
  writer.link(cid);
  writer.key("size");
  writer.unsigned_integer(
      static_cast<std::uint64_t>(random_.log_normal(static_cast<double>(size_median), 0.8)));
  writer.key("$type");
  writer.text("blob");
  writer.key("mimeType");
  writer.text(mime_type);
}

void Records::aspect_ratio(Writer& writer) {
  writer.key("aspectRatio");
  writer.map(2);
  const bool usual = random_.chance(0.5);
  writer.key("width");
  writer.unsigned_integer(usual ? 2000 : 400 + random_.below(1601));
  writer.key("height");
  writer.unsigned_integer(usual ? 1500 : 400 + random_.below(1601));
}

void Records::embed(Writer& writer, std::size_t language, Media media, const PostRef* quoted) {
  writer.key("embed");
  if (quoted == nullptr) return media_embed(writer, language, media);
  if (media == Media::none) return quote(writer, *quoted);
  writer.map(3);
  writer.key("$type");
  writer.text("app.bsky.embed.recordWithMedia");
  writer.key("media");
  media_embed(writer, language, media);
  writer.key("record");
  quote(writer, *quoted);
}

void Records::media_embed(Writer& writer, std::size_t language, Media media) {
  switch (media) {
    case Media::images: return images(writer, language);
    case Media::external: return external(writer, language);
    case Media::video: return video(writer);
    case Media::none: break;
  }
}

void Records::images(Writer& writer, std::size_t language) {
  writer.map(2);
  writer.key("$type");
  writer.text("app.bsky.embed.images");
  writer.key("images");
  const std::uint64_t count = random_.chance(0.7) ? 1 : 2 + random_.below(3);
  writer.array(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    writer.map(3);
    text_.clear();
    if (random_.chance(0.35)) sentences(language, 90.0, 0.9);
    writer.key("alt");
    writer.text(text_);
    writer.key("image");
    blob(writer, random_.chance(0.93) ? "image/jpeg" : "image/png", 350'000);
    aspect_ratio(writer);
  }
}

void Records::external(Writer& writer, std::size_t language) {
  const bool thumb = random_.chance(0.8);
  writer.map(2);
  writer.key("$type");
  writer.text("app.bsky.embed.external");
  writer.key("external");
  writer.map(thumb ? 4 : 3);
  text_.clear();
  writing_.url(text_);
  writer.key("uri");
  writer.text(text_);
  if (thumb) {
    writer.key("thumb");
    blob(writer, "image/jpeg", 200'000);
  }
  text_.clear();
  writing_.title(language, 4 + random_.below(8), text_);
  writer.key("title");
  writer.text(text_);
  sentences(language, 120.0, 0.5);
  writer.key("description");
  writer.text(text_);
}

void Records::video(Writer& writer) {
  writer.map(3);
  writer.key("$type");
  writer.text("app.bsky.embed.video");
  writer.key("video");
  blob(writer, "video/mp4", 6'000'000);
  aspect_ratio(writer);
}

void Records::quote(Writer& writer, const PostRef& quoted) {
  writer.map(2);
  writer.key("$type");
  writer.text("app.bsky.embed.record");
  writer.key("record");
  strong_ref(writer, "app.bsky.feed.post", quoted);
}

}  // namespace refold::bench
