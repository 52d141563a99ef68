#include <gtest/gtest.h>

#include <refold/layout.hpp>
#include <refold/row.hpp>
#include <refold/types.hpp>

#include "tests/sdk/scratch.h"

namespace refold {
namespace {

using test::bytes;

struct Inner {
  std::uint16_t number = 0;
  std::optional<std::string> text;
  friend bool operator==(const Inner&, const Inner&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(number), REFOLD_FIELD(text));
  }
};

enum class Colour : std::uint8_t { red = 3 };

struct EveryField {
  bool yes = true;
  std::int64_t number = -2;
  double ratio = 0.5;
  std::string text = "abc";
  Colour colour = Colour::red;
  std::vector<Inner> inner = {{1, "x"}, {2, std::nullopt}};
  std::map<std::string, std::uint32_t> counts = {{"a", 1}};
  std::set<std::string> names = {"n"};
  std::pair<std::uint8_t, std::array<std::uint8_t, 2>> pair = {1, {2, 3}};
  Bytes raw = {9, 8};
  Did did{std::string("did:plc:a")};
  Tid tid{5};
  Cid cid;
  Time time{std::chrono::microseconds(7)};
  Datetime datetime{"2026-01-31T12:00:00Z"};
  StrongRef ref{AtUri(std::string("at://did:plc:a/a.b.c/1")), "bafy"};
  std::optional<Blob> blob = Blob{{}, "image/png", 5};
  Record record;
  friend bool operator==(const EveryField&, const EveryField&) = default;

 private:
  friend class cereal::access;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(yes), REFOLD_FIELD(number), REFOLD_FIELD(ratio), REFOLD_FIELD(text),
            REFOLD_FIELD(colour), REFOLD_FIELD(inner), REFOLD_FIELD(counts), REFOLD_FIELD(names),
            REFOLD_FIELD(pair), REFOLD_FIELD(raw), REFOLD_FIELD(did), REFOLD_FIELD(tid),
            REFOLD_FIELD(cid), REFOLD_FIELD(time), REFOLD_FIELD(datetime), REFOLD_FIELD(ref),
            REFOLD_FIELD(blob), REFOLD_FIELD(record));
  }
};

template <class Row>
std::string written(const Row& row) {
  detail::Buffer buffer;
  detail::write_row(buffer, row);
  return std::string(detail::text_of(buffer.view()));
}
template <class Row>
Row read(const std::string& encoded) {
  Row row{};
  detail::read_row(detail::bytes_of(std::string_view(encoded)), row);
  return row;
}

TEST(Row, HasTheBytesThatTheHeaderSays) {
  EXPECT_EQ(written(std::uint32_t{0x01020304}), bytes("\4\3\2\1"));
  EXPECT_EQ(written(std::int16_t{-2}), bytes("\xfe\xff"));
  EXPECT_EQ(written(1.0), bytes("\0\0\0\0\0\0\xf0\x3f"));
  EXPECT_EQ(written(true), bytes("\1"));
  EXPECT_EQ(written(std::string("ab")), bytes("\2ab"));
  EXPECT_EQ(written(std::string(300, 'x')), bytes("\xac\2") + std::string(300, 'x'));
  EXPECT_EQ(written(std::vector<std::uint16_t>{1, 2}), bytes("\2\1\0\2\0"));
  EXPECT_EQ(written(std::optional<bool>()), bytes("\1"));
  EXPECT_EQ(written(std::optional<bool>(true)), bytes("\0\1"));
  EXPECT_EQ(written(Inner{7, "x"}), bytes("\7\0\0\1x"));
  EXPECT_EQ(written(Nothing{}), "");
  EXPECT_EQ(written(Did(std::string("did:a:b"))), bytes("\7did:a:b"));
}

TEST(Row, ComesBackAsItWas) {
  EveryField row;
  row.cid.bytes[0] = 1;
  row.record = Record(*Value::parse(Bytes{0x61, 'a'}));
  EXPECT_EQ(read<EveryField>(written(row)), row);
  EXPECT_EQ(read<EveryField>(written(EveryField{})), EveryField{});
}

TEST(Row, ThatEndsTooSoonOrTooLateIsNone) {
  const std::string encoded = written(EveryField{});
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    EXPECT_THROW(static_cast<void>(read<EveryField>(encoded.substr(0, size))), detail::BadRow);
  }
  EXPECT_THROW(static_cast<void>(read<EveryField>(encoded + "x")), detail::BadRow);
  EXPECT_THROW(static_cast<void>(read<std::uint32_t>("abc")), detail::BadRow);
  EXPECT_THROW(static_cast<void>(read<bool>("\2")), detail::BadRow);
}

TEST(Row, ACountThatLiesTakesNoMemory) {
  EXPECT_THROW(static_cast<void>(read<std::string>(bytes("\xff\xff\xff\xff\x7f") + "abc")),
               detail::BadRow);
  EXPECT_THROW(static_cast<void>(read<std::vector<Inner>>(std::string(9, '\xff') + "\1")),
               detail::BadRow);
  EXPECT_THROW(static_cast<void>(read<std::string>(std::string(12, '\xff'))), detail::BadRow);
}

TEST(Row, ALargeRowIsWrittenWhole) {
  const std::vector<std::string> row(1000, std::string(100, 'x'));
  EXPECT_EQ(read<std::vector<std::string>>(written(row)), row);
}

TEST(Layout, TellsWhatIsInAKeyAndARow) {
  EXPECT_EQ((detail::layout_of<std::tuple<Did, std::uint64_t>, Inner>()),
            "key:(text,u64) row:{number:u16,text:text?}");
  EXPECT_EQ((detail::layout_of<std::string, std::int64_t>()), "key:text row:i64");
  EXPECT_EQ((detail::layout_of<std::optional<Tid>, Nothing>()), "key:u64? row:{}");
  std::string text;
  detail::append_layout<EveryField>(text);
  EXPECT_EQ(text,
            "{yes:bool,number:i64,ratio:f64,text:text,colour:u8,inner:[{number:u16,text:text?}],"
            "counts:[(text,u32)],names:[text],pair:(u8,u8*2),raw:bytes,did:text,tid:u64,cid:cid,"
            "time:i64,datetime:text,ref:{uri:text,cid:text},blob:{ref:cid,mimeType:text,size:u64?}?"
            ",record:bytes}");
}

struct Forest {
  std::vector<Forest> children;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(children));
  }
};

TEST(Layout, ATypeMayHoldItself) {
  std::string text;
  detail::append_layout<Forest>(text);
  EXPECT_NE(text.find("..."), text.npos);
  EXPECT_LT(text.size(), 500U);
  EXPECT_EQ(written(Forest{{Forest{}, Forest{{Forest{}}}}}), bytes("\2\0\1\0"));
}

}  // namespace
}  // namespace refold
