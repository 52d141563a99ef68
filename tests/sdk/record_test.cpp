#include <gtest/gtest.h>

#include <random>
#include <refold/record.hpp>
#include <refold/testing/data.hpp>

#include "tests/atproto/random_record.h"

namespace refold {
namespace {

using testing::array;
using testing::Data;
using testing::object;

template <class T>
std::optional<T> decoded(const Data& data) {
  return Value::unchecked(data.bytes()).as<T>();
}
/// "field: fault", or empty.
template <class T>
std::string fault(const Data& data) {
  T value{};
  detail::RecordReader reader(data.bytes());
  if (reader.read(value)) return "";
  return std::string(reader.fault_field()) + ": " + std::string(reader.fault());
}

struct Brew {
  std::string beanRef;
  std::optional<int> rating;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(beanRef), REFOLD_FIELD(rating));
  }
};

TEST(Decode, FieldsAreFoundByNameWhateverTheirOrderAndWhatIsBesideThem) {
  const auto brew = decoded<Brew>(object({{"a", array({1, object({{"beanRef", 5}})})},
                                          {"rating", 4},
                                          {"beanRef", "x"},
                                          {"zzzzzzzzzz", nullptr}}));
  ASSERT_TRUE(brew);
  EXPECT_EQ(brew->beanRef, "x");
  EXPECT_EQ(brew->rating, 4);
}

TEST(Decode, AMissingOptionalFieldIsNothingAndSoIsNull) {
  EXPECT_EQ(decoded<Brew>(object({{"beanRef", "x"}}))->rating, std::nullopt);
  EXPECT_EQ(decoded<Brew>(object({{"beanRef", "x"}, {"rating", nullptr}}))->rating, std::nullopt);
}

TEST(Decode, AMissingFieldThatIsNotOptionalMakesItNone) {
  EXPECT_EQ(fault<Brew>(object({{"rating", 1}})), "beanRef: is missing");
  EXPECT_EQ(fault<Brew>(object({{"beanRef", nullptr}})), "beanRef: is no text");
}

TEST(Decode, AFieldOfAnotherTypeMakesItNoneAlsoWhereItIsOptional) {
  EXPECT_EQ(fault<Brew>(object({{"beanRef", 5}})), "beanRef: is no text");
  EXPECT_EQ(fault<Brew>(object({{"beanRef", "x"}, {"rating", "four"}})), "rating: is no integer");
  EXPECT_EQ(fault<Brew>(object({{"beanRef", "x"}, {"rating", INT64_MAX}})),
            "rating: is out of range");
  EXPECT_EQ(fault<Brew>(array({})), ": is no object");
  EXPECT_EQ(fault<Brew>(Data::raw({})), ": is no object");
}

struct Sizes {
  std::uint8_t u8 = 0;
  std::int8_t i8 = 0;
  std::uint64_t u64 = 0;
  std::int64_t i64 = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(u8), REFOLD_FIELD(i8), REFOLD_FIELD(u64), REFOLD_FIELD(i64));
  }
};

TEST(Decode, IntegersKeepToTheRangeOfTheirType) {
  const auto with = [](const Data& u8, const Data& i8, const Data& u64, const Data& i64) {
    return object({{"u8", u8}, {"i8", i8}, {"u64", u64}, {"i64", i64}});
  };
  const auto edge = decoded<Sizes>(with(255, -128, UINT64_MAX, INT64_MIN));
  ASSERT_TRUE(edge);
  EXPECT_EQ(edge->u8, 255);
  EXPECT_EQ(edge->i8, -128);
  EXPECT_EQ(edge->u64, UINT64_MAX);
  EXPECT_EQ(edge->i64, INT64_MIN);
  EXPECT_EQ(fault<Sizes>(with(256, 0, 0, 0)), "u8: is out of range");
  EXPECT_EQ(fault<Sizes>(with(-1, 0, 0, 0)), "u8: is out of range");
  EXPECT_EQ(fault<Sizes>(with(0, 128, 0, 0)), "i8: is out of range");
  EXPECT_EQ(fault<Sizes>(with(0, -129, 0, 0)), "i8: is out of range");
  EXPECT_EQ(fault<Sizes>(with(0, 0, -1, 0)), "u64: is out of range");
  EXPECT_EQ(fault<Sizes>(with(0, 0, 0, UINT64_MAX)), "i64: is out of range");
}

struct Point {
  std::int64_t x = 0;
  friend bool operator==(const Point&, const Point&) = default;

 private:
  friend class cereal::access;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(x));
  }
};
/// With a function beside it, in place of a member.
struct Beside {
  std::string text;
};
template <class Archive>
void serialize(Archive& archive, Beside& beside) {
  archive(REFOLD_NAMED("t", beside.text));
}

struct Everything {
  bool yes = false;
  std::vector<std::vector<Point>> points;
  std::map<std::string, Point> by_name;
  std::optional<Point> maybe;
  Beside beside;
  Bytes bytes;
  ByteView view;
  std::string_view text;
  Did did;
  Tid tid;
  Cid link;
  Datetime created_at;
  Value any;
  std::optional<std::vector<std::string>> langs;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(yes), REFOLD_FIELD(points), REFOLD_FIELD(by_name), REFOLD_FIELD(maybe),
            REFOLD_FIELD(beside), REFOLD_FIELD(bytes), REFOLD_FIELD(view), REFOLD_FIELD(text),
            REFOLD_FIELD(did), REFOLD_FIELD(tid), REFOLD_FIELD(link),
            REFOLD_NAMED("createdAt", created_at), REFOLD_FIELD(any), REFOLD_FIELD(langs));
  }
};

const Cid some_cid = *Cid::parse("bafyreihffx5a2e7k5uwrmmgofbvzujc5cmw5h4espouwuxt3liqoflx3ee");

std::vector<std::pair<std::string, Data>> everything() {
  return {{"yes", true},
          {"points", array({array({object({{"x", 1}}), object({{"x", 2}, {"y", 3}})}), array({})})},
          {"by_name", object({{"b", object({{"x", 4}})}, {"aa", object({{"x", 5}})}})},
          {"maybe", object({{"x", 6}})},
          {"beside", object({{"t", "u"}})},
          {"bytes", Bytes{1, 2}},
          {"view", Bytes{3}},
          {"text", "zero copy"},
          {"did", "did:plc:a"},
          {"tid", "3jzfcijpj2z2a"},
          {"link", some_cid},
          {"createdAt", "2026-01-31T12:00:00Z"},
          {"any", array({nullptr})},
          {"langs", array({"en", "de"})}};
}

TEST(Decode, EveryTypeOfTheTable) {
  const Data data = object(everything());
  const auto all = decoded<Everything>(data);
  ASSERT_TRUE(all) << fault<Everything>(data);
  EXPECT_TRUE(all->yes);
  const auto at = [](std::int64_t x) {
    Point point;
    point.x = x;
    return point;
  };
  EXPECT_EQ(all->points, (std::vector<std::vector<Point>>{{at(1), at(2)}, {}}));
  EXPECT_EQ(all->by_name, (std::map<std::string, Point>{{"b", at(4)}, {"aa", at(5)}}));
  EXPECT_EQ(all->maybe, at(6));
  EXPECT_EQ(all->beside.text, "u");
  EXPECT_EQ(all->bytes, (Bytes{1, 2}));
  EXPECT_EQ(all->view.size(), 1U);
  EXPECT_EQ(all->text, "zero copy");
  EXPECT_EQ(all->did, "did:plc:a");
  EXPECT_EQ(all->tid.text(), "3jzfcijpj2z2a");
  EXPECT_EQ(all->link, some_cid);
  EXPECT_EQ(to_text(*all->created_at.time()), "2026-01-31T12:00:00.000000Z");
  EXPECT_EQ(all->any.size(), 1U);
  EXPECT_EQ(all->langs, (std::vector<std::string>{"en", "de"}));
}

TEST(Decode, EachFieldThatIsWrongIsNamed) {
  const std::pair<std::string, Data> wrong[] = {
      {"yes", nullptr},     {"points", object({})}, {"by_name", array({})},
      {"maybe", array({})}, {"bytes", "text"},      {"view", "text"},
      {"did", "alice"},     {"tid", "3jz"},         {"link", some_cid.text()},
      {"createdAt", 5},     {"langs", "en"},        {"text", Data::raw({0x61, 0xff})}};
  for (const auto& [name, value] : wrong) {
    auto fields = everything();
    for (auto& field : fields) {
      if (field.first == name) field.second = value;
    }
    EXPECT_EQ(fault<Everything>(object(fields)).substr(0, name.size() + 2), name + ": ");
  }
  auto fields = everything();
  fields[1].second = array({array({object({{"y", 1}})})});
  EXPECT_EQ(fault<Everything>(object(fields)), "x: is missing") << "the innermost one";
}

TEST(Decode, ADatetimeMayBeAnyText) {
  auto fields = everything();
  fields[11].second = "yesterday";
  const Data data = object(fields);
  const auto all = decoded<Everything>(data);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->created_at.text, "yesterday");
  EXPECT_EQ(all->created_at.time(), std::nullopt);
}

struct WithBlob {
  Blob blob;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(blob));
  }
};

TEST(Decode, ABlobHasTwoForms) {
  const Data now = object(
      {{"$type", "blob"}, {"ref", some_cid}, {"mimeType", "image/png"}, {"size", 12}, {"more", 1}});
  const Data then = object({{"cid", some_cid.text()}, {"mimeType", "image/png"}});
  EXPECT_EQ(decoded<WithBlob>(object({{"blob", now}}))->blob, (Blob{some_cid, "image/png", 12}));
  EXPECT_EQ(decoded<WithBlob>(object({{"blob", then}}))->blob,
            (Blob{some_cid, "image/png", std::nullopt}));
  const Data bad[] = {
      object({}), object({{"$type", "image"}, {"ref", some_cid}, {"mimeType", "a/b"}, {"size", 1}}),
      object({{"$type", "blob"}, {"ref", some_cid.text()}, {"mimeType", "a/b"}, {"size", 1}}),
      object({{"$type", "blob"}, {"ref", some_cid}, {"mimeType", "a/b"}}),
      object({{"cid", "bafy"}, {"mimeType", "a/b"}})};
  for (const Data& blob : bad) EXPECT_NE(fault<WithBlob>(object({{"blob", blob}})), "");
}

struct Images {
  static constexpr std::string_view type = "app.bsky.embed.images";
  std::vector<std::string> alts;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(alts));
  }
};
struct Quote {
  static constexpr const char* type = "app.bsky.embed.record";
  StrongRef record;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(record));
  }
};
struct Post {
  static constexpr std::string_view type = "app.bsky.feed.post";
  std::optional<Union<Images, Quote>> embed;
  std::string text;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(embed), REFOLD_FIELD(text));
  }
};

Data post(const Data& embed) {
  return object({{"$type", "app.bsky.feed.post"}, {"text", "hi"}, {"embed", embed}});
}

TEST(Decode, AUnionIsToldByItsType) {
  const Data images = post(object({{"$type", Images::type}, {"alts", array({"a cat"})}}));
  ASSERT_TRUE(decoded<Post>(images));
  EXPECT_EQ(decoded<Post>(images)->embed->get_if<Images>()->alts[0], "a cat");
  EXPECT_EQ(decoded<Post>(images)->embed->get_if<Quote>(), nullptr);
  EXPECT_EQ(decoded<Post>(images)->text, "hi") << "the fields behind it are read too";

  const Data quote = post(object(
      {{"$type", Quote::type},
       {"record", object({{"uri", "at://did:plc:a/app.bsky.feed.post/1"}, {"cid", "bafy"}})}}));
  EXPECT_EQ(decoded<Post>(quote)->embed->get_if<Quote>()->record.uri.rkey(), "1");

  const Data other = post(object({{"$type", "com.example.embed"}, {"x", 1}}));
  const auto found = decoded<Post>(other);
  ASSERT_TRUE(found->embed->is_unknown());
  EXPECT_EQ(found->embed->get_if<Unknown>()->type, "com.example.embed");
  EXPECT_EQ(found->embed->get_if<Unknown>()->value["x"]->integer(), 1);
}

TEST(Decode, AnArmThatIsWrongMakesTheRecordNone) {
  EXPECT_EQ(fault<Post>(post(object({{"$type", Images::type}}))), "alts: is missing");
  EXPECT_EQ(fault<Post>(post(object({{"alts", array({})}}))), "embed: has no $type");
  EXPECT_EQ(fault<Post>(post("text")), "embed: has no $type");
}

TEST(Decode, ARecordOfAnotherTypeIsNoneWithoutAFault) {
  Post value;
  const Data data = object({{"$type", "app.bsky.feed.like"}, {"text", "hi"}});
  detail::RecordReader reader(data.bytes());
  EXPECT_FALSE(reader.read(value));
  EXPECT_TRUE(reader.other_type());
  const Data untyped = object({{"text", "hi"}});
  EXPECT_TRUE(decoded<Post>(untyped)) << "one without a $type is taken at its word";
}

TEST(Decode, KeysOutOfOrderAreNoDagCbor) {
  const Bytes bytes = {0xa3, 0x61, 'b', 0x01, 0x61, 'a', 0x02, 0x61, 'x', 0x03};
  EXPECT_EQ(fault<Point>(Data::raw(bytes)), "x: is in what is not DAG-CBOR");
}

struct Tree {
  std::vector<Tree> children;
  std::optional<Value> any;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(children), REFOLD_FIELD(any));
  }
};

Data tree(std::size_t depth) {
  Data data = object({{"children", array({})}});
  for (std::size_t i = 1; i < depth; ++i) data = object({{"children", array({data})}});
  return data;
}

TEST(Decode, DepthHasABound) {
  EXPECT_TRUE(decoded<Tree>(tree(64))) << "128 maps and arrays";
  EXPECT_FALSE(decoded<Tree>(tree(65)));
  EXPECT_FALSE(decoded<Tree>(tree(10'000)));
}

struct Many {
  std::vector<std::vector<std::optional<Everything>>> many;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(many));
  }
};

TEST(Decode, ItemsHaveABound) {
  const auto of = [](std::size_t lists, std::size_t items) {
    const Data list = array(std::vector<Data>(items, nullptr));
    return object({{"many", array(std::vector<Data>(lists, list))}});
  };
  EXPECT_TRUE(decoded<Many>(of(10, 9'999)));
  EXPECT_EQ(fault<Many>(of(10, 10'000)), "many: has too many items");
  EXPECT_EQ(fault<Many>(of(1, 900'000)), "many: has too many items");
}

TEST(Decode, DamagedRecordsDoNoHarm) {
  std::mt19937_64 random(1);
  const Bytes good = object(everything()).bytes();
  int decodes = 0;
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = good;
    for (std::size_t edits = random() % 3 + 1; edits > 0; --edits) {
      if (random() % 8 == 0) {
        bytes.resize(random() % bytes.size() + 1);
      } else {
        bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
      }
    }
    const Bytes exact(bytes.begin(), bytes.end());
    decodes += Value::unchecked(exact).as<Everything>() ? 1 : 0;
  }
  EXPECT_GT(decodes, 100);
  EXPECT_LT(decodes, 19'000);
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Bytes bytes = atproto::test::RandomRecord(seed).make();
    static_cast<void>(Value::unchecked(bytes).as<Everything>());
    static_cast<void>(Value::unchecked(bytes).as<Tree>());
    static_cast<void>(Value::unchecked(bytes).as<Post>());
  }
}

}  // namespace
}  // namespace refold
