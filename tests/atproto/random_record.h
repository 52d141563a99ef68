#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "core/atproto/cbor.h"

namespace refold::atproto::test {

/// Seeded random records, with what is hard over-represented: integers at every width, empty
/// containers, text that needs escapes, deep nesting.
class RandomRecord {
 public:
  explicit RandomRecord(std::uint64_t seed) : random_(seed) {}

  Bytes make() {
    Bytes out;
    cbor::Writer writer(out);
    map(writer, 1);
    return out;
  }

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  Cid cid() {
    Cid cid;
    cid.codec = below(2) == 0 ? Cid::Codec::raw : Cid::Codec::dag_cbor;
    for (std::uint8_t& byte : cid.digest) byte = static_cast<std::uint8_t>(random_());
    return cid;
  }

 private:
  static constexpr int depth_most = 60;

  struct CanonicalLess {
    bool operator()(const std::string& a, const std::string& b) const {
      return cbor::canonical_key_less(a, b);
    }
  };

  void map(cbor::Writer& writer, int depth) {
    // A chain of single-key maps now and then makes records deep without making them large.
    const std::size_t most = depth > 4 ? 2 : 6;
    std::set<std::string, CanonicalLess> keys;
    for (std::size_t i = below(most + 1); i > 0; --i) keys.insert(key());
    writer.map(keys.size());
    for (const std::string& name : keys) {
      writer.key(name);
      value(writer, depth);
    }
  }

  void value(cbor::Writer& writer, int depth) {
    switch (below(depth < depth_most ? 10 : 8)) {
      case 0: writer.unsigned_integer(unsigned_integer()); break;
      case 1: writer.integer(-1 - static_cast<std::int64_t>(unsigned_integer() >> 1)); break;
      case 2:
      case 3: writer.text(text(below(40))); break;
      case 4: writer.boolean(below(2) == 0); break;
      case 5: writer.null(); break;
      case 6: writer.link(cid()); break;
      case 7: writer.bytes(bytes_of(text(below(20)))); break;
      case 8: map(writer, depth + 1); break;
      default: {
        const std::size_t count = below(depth > 4 ? 2 : 5);
        writer.array(count);
        for (std::size_t i = 0; i < count; ++i) value(writer, depth + 1);
      }
    }
  }

  std::uint64_t unsigned_integer() {
    constexpr std::uint64_t edges[] = {0,
                                       23,
                                       24,
                                       255,
                                       256,
                                       65535,
                                       65536,
                                       4294967295,
                                       4294967296,
                                       (std::uint64_t{1} << 53) - 1,
                                       std::uint64_t{1} << 53,
                                       (std::uint64_t{1} << 53) + 1,
                                       std::numeric_limits<std::int64_t>::max(),
                                       std::numeric_limits<std::uint64_t>::max()};
    return below(2) == 0 ? edges[below(std::size(edges))] : random_() >> below(64);
  }

  /// Never one of the names that the data model reserves.
  std::string key() {
    std::string name =
        below(3) == 0 ? text(below(6)) : std::string(1, static_cast<char>('a' + below(26)));
    if (name[0] == '$') name[0] = '_';
    return name;
  }

  std::string text(std::size_t pieces_most) {
    constexpr std::string_view pieces[] = {"a",
                                           "Z",
                                           "0",
                                           "\"",
                                           "\\",
                                           "/",
                                           "\n",
                                           "\t",
                                           "\x7f",
                                           "\x1f",
                                           "é",
                                           "\u2028",
                                           "☕",
                                           "\xf0\x9f\x98\x80",
                                           "\xef\xbb\xbf",
                                           "plain text ",
                                           {"\0", 1}};
    std::string result;
    for (std::size_t i = below(pieces_most + 1); i > 0; --i)
      result += pieces[below(std::size(pieces))];
    return result;
  }

  std::mt19937_64 random_;
};

}  // namespace refold::atproto::test
