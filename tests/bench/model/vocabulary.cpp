#include "tests/bench/model/vocabulary.h"

#include <algorithm>
#include <cmath>

namespace refold::bench {
namespace {

constexpr double new_share = 0.015;
constexpr double usual_share = 0.45;
constexpr std::uint64_t followers = 8;

using Syllables = std::vector<std::string_view>;

std::vector<Script> make_scripts() {
  const Syllables latin = {"t", "s",  "r",  "n",  "d",  "l",  "h",  "m",  "c",  "w",  "f",  "th",
                           "b", "p",  "g",  "y",  "st", "k",  "v",  "sh", "tr", "pr", "ch", "br",
                           "",  "fr", "gr", "cl", "pl", "wh", "sp", "j",  "qu", "bl", "z",  "x"};
  const Syllables latin_ends = {"",  "n", "r",  "s",  "t",  "l",  "d",  "m",  "ng",
                                "y", "c", "nt", "ll", "ck", "st", "ss", "rd", "p"};
  const Syllables iberian = {"d", "c", "r", "s", "t", "p", "m",  "n",  "l",  "v",  "b",  "g",
                             "f", "",  "q", "h", "j", "z", "lh", "nh", "pr", "tr", "br", "gr"};
  const Syllables german = {"d", "n", "s",   "r", "t", "g", "b",  "w",  "h",  "m",  "l",
                            "f", "k", "sch", "v", "z", "",  "st", "ch", "pf", "br", "gr"};
  const Syllables russian = {"н", "т", "с", "в", "р", "л", "к", "м", "д", "п",  "",   "б",
                             "г", "з", "ч", "ж", "х", "ш", "ф", "ц", "щ", "ст", "пр", "тр"};
  const Syllables kana = {"の", "い", "に", "た", "し", "て", "は", "な", "と", "か", "で", "る",
                          "が", "す", "ま", "っ", "も", "う", "ら", "り", "く", "こ", "さ", "れ",
                          "よ", "あ", "ん", "け", "き", "そ", "だ", "ち", "え", "つ", "み", "お",
                          "ど", "ね", "め", "や", "ー", "ン", "ル", "ス", "ト", "イ", "ラ", "リ",
                          "ク", "ア", "シ", "タ", "レ", "ッ", "ロ", "ド", "マ", "フ", "ム", "ジ"};
  return {
      {"en",
       0.47,
       true,
       latin,
       {"e", "a", "o", "i", "u", "ea", "ou", "ee", "oo", "ai"},
       latin_ends},
      {"ja", 0.19, false, kana, {""}, {""}, U'\u4E00', 2'400},
      {"pt",
       0.10,
       true,
       iberian,
       {"a", "e", "o", "i", "u", "ã", "é", "á", "ó", "ç"},
       {"", "s", "r", "m", "n", "l"}},
      {"de",
       0.08,
       true,
       german,
       {"e", "i", "a", "u", "ei", "ie", "o", "ä", "ü", "au", "ö"},
       {"n", "r", "", "t", "s", "l", "ch", "nd", "rt", "m"}},
      {"es",
       0.06,
       true,
       iberian,
       {"a", "e", "o", "i", "u", "á", "í", "ó", "ie", "ue"},
       {"", "s", "n", "r", "l", "d"}},
      {"fr",
       0.04,
       true,
       latin,
       {"e", "a", "i", "o", "u", "é", "ou", "ai", "è", "eu", "oi"},
       {"", "s", "r", "t", "n", "nt", "l", "x"}},
      {"ko", 0.03, true, {""}, {""}, {""}, U'\uAC00', 1'800},
      {"ru",
       0.03,
       true,
       russian,
       {"о", "е", "а", "и", "у", "ы", "я", "ю", "э"},
       {"", "н", "т", "й", "л", "м", "в", "сь"}},
  };
}

std::string_view pick(const std::vector<std::string_view>& from, Random& random) {
  return from[random.skewed(from.size(), 2.4)];
}

}  // namespace

const std::vector<Script>& scripts() {
  static const std::vector<Script> all = make_scripts();
  return all;
}

void append_utf8(std::string& to, char32_t point) {
  const auto put = [&to](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | (point >> 6));
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3f));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

Vocabulary::Vocabulary(const Script& script, std::uint64_t seed) : script_(script) {
  Random random(seed);
  starts_.reserve(words_max + 1);
  for (std::uint64_t rank = 0; rank < words_max; ++rank) {
    starts_.push_back(static_cast<std::uint32_t>(letters_.size()));
    append_new_word(letters_, random, rank);
  }
  starts_.push_back(static_cast<std::uint32_t>(letters_.size()));
}

std::uint64_t Vocabulary::append_word(std::string& to, Random& random, std::uint64_t before) const {
  const double choice = random.unit();
  if (choice < new_share) {
    append_new_word(to, random, words_max);
    return before;
  }
  const bool usual = choice < new_share + usual_share;
  // The usual followers of a word are as frequent as any, and always the same.
  const std::uint64_t rank =
      usual ? Random(before << 8 | random.skewed(followers, 2.0)).zipf(words_max)
            : random.zipf(words_max);
  to += word(rank);
  return rank;
}

void Vocabulary::append_new_word(std::string& to, Random& random, std::uint64_t rank) const {
  const double length = 1.0 + std::log10(static_cast<double>(rank) + 1.0) * 0.55;
  const double jitter = random.log_normal(1.0, 0.25);
  const auto syllables = std::max<std::int64_t>(1, std::llround(length * jitter));
  for (std::int64_t i = 0; i < syllables; ++i) {
    if (script_.glyphs != 0 && (script_.spaced || random.chance(0.45))) {
      append_glyph(to, random);
    } else {
      to += pick(script_.openings, random);
      to += pick(script_.middles, random);
      if (i + 1 == syllables) to += pick(script_.endings, random);
    }
  }
}

void Vocabulary::append_glyph(std::string& to, Random& random) const {
  // Frequent glyphs are spread over the block, as they are in the standard.
  const std::uint64_t rank = random.skewed(script_.glyphs, 4.0);
  append_utf8(to, script_.glyphs_first + static_cast<char32_t>(rank * 7919 % 9'001));
}

}  // namespace refold::bench
