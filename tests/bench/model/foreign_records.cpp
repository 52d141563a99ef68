#include "tests/bench/model/records.h"

namespace refold::bench {

void Records::foreign(Bytes& out, const Lexicon& lexicon, ActorId author, std::int64_t created_us) {
  out.clear();
  Writer writer(out);
  switch (lexicon.shape) {
    case Shape::play: return play(writer, lexicon.collection, author, created_us);
    case Shape::status: return status(writer, lexicon.collection, author, created_us);
    case Shape::article: return article(writer, lexicon.collection, author, created_us);
    case Shape::brew: return brew(writer, lexicon.collection, author, created_us);
  }
}

void Records::play(Writer& writer, std::string_view type, ActorId author, std::int64_t created_us) {
  const std::size_t language = language_of(author);
  const auto title = [&](std::string_view key, std::size_t words) {
    text_.clear();
    writing_.title(language, words, text_);
    writer.key(key);
    writer.text(text_);
  };
  writer.map(7);
  writer.key("$type");
  writer.text(type);
  writer.key("artists");
  writer.array(1);
  writer.map(1);
  title("artistName", 1 + random_.below(3));
  writer.key("duration");
  writer.unsigned_integer(90 + random_.below(300));
  created_at(writer, author, created_us);
  text_ = "https://music.example.com/track/";
  writing_.token(22, text_);
  writer.key("originUrl");
  writer.text(text_);
  title("trackName", 1 + random_.below(4));
  title("releaseName", 1 + random_.below(4));
}

void Records::status(Writer& writer, std::string_view type, ActorId author,
                     std::int64_t created_us) {
  writer.map(3);
  writer.key("$type");
  writer.text(type);
  text_.clear();
  append_utf8(text_, U'\U0001F600' + static_cast<char32_t>(random_.zipf(600)));
  writer.key("status");
  writer.text(text_);
  created_at(writer, author, created_us);
}

void Records::article(Writer& writer, std::string_view type, ActorId author,
                      std::int64_t created_us) {
  const std::size_t language = language_of(author);
  writer.map(4);
  writer.key("$type");
  writer.text(type);
  text_.clear();
  writing_.title(language, 3 + random_.below(6), text_);
  writer.key("title");
  writer.text(text_);
  sentences(language, 1'200.0, 0.8);
  writer.key("content");
  writer.text(text_);
  created_at(writer, author, created_us);
}

void Records::brew(Writer& writer, std::string_view type, ActorId author, std::int64_t created_us) {
  writer.map(7);
  writer.key("$type");
  writer.text(type);
  writer.key("method");
  writer.text("pourover");
  writer.key("rating");
  writer.unsigned_integer(1 + random_.below(10));
  writer.key("beanRef");
  uri(writer, author, "social.arabica.alpha.bean",
      network_.past_tid(author, created_us, 3'600'000'000 * (1 + random_.zipf(24))));
  created_at(writer, author, created_us);
  writer.key("waterAmount");
  writer.unsigned_integer(200 + random_.below(400));
  writer.key("tastingNotes");
  sentences(language_of(author), 60.0, 0.7);
  writer.text(text_);
}

}  // namespace refold::bench
