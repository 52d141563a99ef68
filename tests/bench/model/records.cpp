#include "tests/bench/model/records.h"

#include "core/atproto/datetime.h"

namespace refold::bench {
namespace {

using atproto::DatetimeForm;

constexpr std::uint64_t language_trait = 1;
constexpr std::uint64_t datetime_trait = 2;
constexpr double via_share = 1.0 / 15;

std::string_view tid_text(atproto::Tid tid, char (&buffer)[atproto::tid_text_length]) {
  atproto::write_text(tid, buffer);
  return {buffer, sizeof buffer};
}

}  // namespace

Records::Records(Network& network, Writing& writing, Random& random)
    : network_(network), writing_(writing), random_(random) {}

std::size_t Records::language_of(ActorId author) const {
  return writing_.language_at(network_.trait(author, language_trait));
}

void Records::sentences(std::size_t language, double bytes_median, double sigma) {
  text_.clear();
  writing_.sentences(language, static_cast<std::size_t>(random_.log_normal(bytes_median, sigma)),
                     text_);
}

void Records::created_at(Writer& writer, ActorId author, std::int64_t created_us) {
  const double app = network_.trait(author, datetime_trait);
  const DatetimeForm form = app < 0.94   ? DatetimeForm::millis
                            : app < 0.96 ? DatetimeForm::seconds
                            : app < 0.98 ? DatetimeForm::micros
                                         : DatetimeForm::millis_offset;
  char text[atproto::datetime_exact_length_max];
  writer.key("createdAt");
  writer.text({text, atproto::write_exact(form, created_us, text)});
}

void Records::did(Writer& writer, ActorId actor) {
  scratch_.clear();
  network_.append_did(actor, scratch_);
  writer.text(scratch_);
}

void Records::uri(Writer& writer, ActorId author, std::string_view collection,
                  std::string_view rkey) {
  scratch_ = "at://";
  network_.append_did(author, scratch_);
  scratch_ += '/';
  scratch_ += collection;
  scratch_ += '/';
  scratch_ += rkey;
  writer.text(scratch_);
}

void Records::uri(Writer& writer, ActorId author, std::string_view collection, atproto::Tid rkey) {
  char buffer[atproto::tid_text_length];
  uri(writer, author, collection, tid_text(rkey, buffer));
}

void Records::strong_ref(Writer& writer, std::string_view collection, const PostRef& ref) {
  char cid[atproto::cid_text_length];
  atproto::write_text(ref.cid, cid);
  writer.map(2);
  writer.key("cid");
  writer.text({cid, sizeof cid});
  writer.key("uri");
  uri(writer, ref.author, collection, ref.rkey);
}

void Records::about_post(Bytes& out, std::string_view type, ActorId author, const PostRef& subject,
                         std::int64_t created_us) {
  out.clear();
  Writer writer(out);
  const bool via = random_.chance(via_share);
  writer.map(via ? 4 : 3);
  if (via) {
    PostRef repost = subject;  // a made-up repost of it: new CID, the reposter's DID
    repost.author = network_.active_actor();
    store_le(repost.cid.digest.data(), random_.bits());
    store_le(repost.cid.digest.data() + 8, random_.bits());
    store_le(repost.cid.digest.data() + 16, random_.bits());
    store_le(repost.cid.digest.data() + 24, random_.bits());
    repost.rkey.value += (1 + random_.below(std::uint64_t{1} << 32)) << 10;
    writer.key("via");
    strong_ref(writer, "app.bsky.feed.repost", repost);
  }
  writer.key("$type");
  writer.text(type);
  writer.key("subject");
  strong_ref(writer, "app.bsky.feed.post", subject);
  created_at(writer, author, created_us);
}

void Records::about_actor(Bytes& out, std::string_view type, ActorId author, ActorId subject,
                          std::int64_t created_us) {
  out.clear();
  Writer writer(out);
  writer.map(3);
  writer.key("$type");
  writer.text(type);
  writer.key("subject");
  did(writer, subject);
  created_at(writer, author, created_us);
}

void Records::gate(Bytes& out, std::string_view type, ActorId author, atproto::Tid post,
                   std::int64_t created_us) {
  out.clear();
  Writer writer(out);
  const bool thread = type == "app.bsky.feed.threadgate";
  writer.map(thread ? 5 : 4);
  writer.key("post");
  uri(writer, author, "app.bsky.feed.post", post);
  writer.key("$type");
  writer.text(type);
  if (thread) {
    writer.key("allow");
    writer.array(1);
    writer.map(1);
    writer.key("$type");
    writer.text(random_.chance(0.5) ? "app.bsky.feed.threadgate#followingRule"
                                    : "app.bsky.feed.threadgate#mentionRule");
  }
  created_at(writer, author, created_us);
  writer.key(thread ? "hiddenReplies" : "embeddingRules");
  if (thread) {
    writer.array(0);
  } else {
    writer.array(1);
    writer.map(1);
    writer.key("$type");
    writer.text("app.bsky.feed.postgate#disableRule");
  }
}

void Records::list_item(Bytes& out, ActorId author, atproto::Tid list, ActorId subject,
                        std::int64_t created_us) {
  out.clear();
  Writer writer(out);
  writer.map(4);
  writer.key("list");
  uri(writer, author, "app.bsky.graph.list", list);
  writer.key("$type");
  writer.text("app.bsky.graph.listitem");
  writer.key("subject");
  did(writer, subject);
  created_at(writer, author, created_us);
}

void Records::profile(Bytes& out, ActorId author, std::int64_t created_us) {
  out.clear();
  Writer writer(out);
  const std::size_t language = language_of(author);
  const bool banner = random_.chance(0.6);
  writer.map(banner ? 6 : 5);
  writer.key("$type");
  writer.text("app.bsky.actor.profile");
  writer.key("avatar");
  blob(writer, "image/jpeg", 120'000);
  if (banner) {
    writer.key("banner");
    blob(writer, "image/jpeg", 400'000);
  }
  created_at(writer, author, created_us);
  sentences(language, 80.0, 0.6);
  writer.key("description");
  writer.text(text_);
  text_.clear();
  writing_.title(language, 2, text_);
  writer.key("displayName");
  writer.text(text_);
}

}  // namespace refold::bench
