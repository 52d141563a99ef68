#include "tests/bench/model/text.h"

#include <algorithm>

namespace refold::bench {
namespace {

constexpr std::uint64_t vocabulary_seed = 0x766f6361;

std::size_t graphemes(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void capitalize(std::string& text, std::size_t at) {
  if (at < text.size() && text[at] >= 'a' && text[at] <= 'z') {
    text[at] = static_cast<char>(text[at] - 'a' + 'A');
  }
}

}  // namespace

Writing::Writing(Random& random) : random_(random) {
  const std::vector<Script>& all = scripts();
  vocabularies_.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    vocabularies_.emplace_back(all[i], vocabulary_seed + i);
  }
}

std::size_t Writing::language_at(double point) const noexcept {
  std::size_t language = 0;
  for (; language + 1 < vocabularies_.size(); ++language) {
    point -= vocabularies_[language].script().share;
    if (point < 0) break;
  }
  return language;
}

void Writing::post(std::size_t language, std::string& text, std::vector<Facet>& facets) {
  text.clear();
  facets.clear();
  const Vocabulary& vocabulary = vocabularies_[language];
  const auto bytes = static_cast<std::size_t>(random_.log_normal(post_bytes_median, 0.85));
  bool starts = random_.chance(0.7);
  std::uint64_t before = 0;
  while (text.size() < bytes && graphemes(text) + 40 < graphemes_max) {
    if (!text.empty() && vocabulary.script().spaced && text.back() != '\n') text += ' ';
    const std::size_t at = text.size();
    if (random_.chance(0.03)) {
      unusual(vocabulary, text, facets);
    } else {
      before = vocabulary.append_word(text, random_, before);
      if (starts || random_.chance(0.03)) capitalize(text, at);
    }
    starts = false;
    if (random_.chance(0.14)) {
      punctuation(vocabulary, text);
      starts = text.back() != ',';
    }
  }
}

void Writing::sentences(std::size_t language, std::size_t bytes, std::string& to) {
  const Vocabulary& vocabulary = vocabularies_[language];
  const std::size_t from = to.size();
  std::uint64_t before = 0;
  while (to.size() < from + bytes) {
    const std::size_t at = to.size();
    before = vocabulary.append_word(to, random_, before);
    if (at == from || random_.chance(0.05)) capitalize(to, at);
    if (random_.chance(0.12)) punctuation(vocabulary, to);
    if (vocabulary.script().spaced) to += ' ';
  }
}

void Writing::title(std::size_t language, std::size_t words, std::string& to) {
  const Vocabulary& vocabulary = vocabularies_[language];
  for (std::size_t i = 0; i < words; ++i) {
    if (i > 0 && vocabulary.script().spaced) to += ' ';
    const std::size_t at = to.size();
    vocabulary.append_word(to, random_);
    capitalize(to, at);
  }
}

void Writing::url(std::string& to) {
  // Sites are shared, paths are not.
  to += "https://";
  if (random_.chance(0.4)) to += "www.";
  vocabularies_[0].append_word(to, random_);
  vocabularies_[0].append_word(to, random_);
  to += random_.chance(0.7) ? ".com/" : ".example/";
  for (std::uint64_t parts = 1 + random_.below(3); parts > 0; --parts) {
    vocabularies_[0].append_word(to, random_);
    to += random_.chance(0.5) ? '-' : '/';
  }
  token(6 + random_.below(10), to);
}

void Writing::token(std::size_t count, std::string& to) {
  for (std::size_t i = 0; i < count; ++i) {
    to += "abcdefghijklmnopqrstuvwxyz0123456789"[random_.below(36)];
  }
}

void Writing::unusual(const Vocabulary& vocabulary, std::string& text, std::vector<Facet>& facets) {
  Facet facet{Facet::Kind::link, text.size(), 0, {}};
  const double choice = random_.unit();
  if (choice < 0.35) {
    append_utf8(text, U'\U0001F600' + static_cast<char32_t>(random_.zipf(600)));
    return;
  }
  if (choice < 0.60) {
    text += std::to_string(random_.below(random_.chance(0.5) ? 100 : 100'000));
    return;
  }
  if (choice < 0.72) {
    facet.kind = Facet::Kind::mention;
    text += '@';
    vocabularies_[0].append_word(text, random_);
    token(random_.below(5), text);
    text += ".bsky.social";
  } else if (choice < 0.88) {
    facet.kind = Facet::Kind::tag;
    vocabulary.append_word(facet.target, random_);
    text += '#';
    text += facet.target;
  } else {
    url(facet.target);
    text += facet.target.substr(8, 27);  // as the app shortens it
    text += "...";
  }
  facet.byte_end = text.size();
  facets.push_back(std::move(facet));
}

void Writing::punctuation(const Vocabulary& vocabulary, std::string& text) {
  const double choice = random_.unit();
  if (vocabulary.script().spaced) {
    text += choice < 0.45   ? "."
            : choice < 0.75 ? ","
            : choice < 0.85 ? "!"
            : choice < 0.93 ? "?"
                            : "\n";
  } else {
    text += choice < 0.45 ? "。" : choice < 0.8 ? "、" : choice < 0.9 ? "!" : "\n";
  }
}

}  // namespace refold::bench
