#include <gtest/gtest.h>

#include "core/atproto/base64.h"
#include "core/atproto/cbor.h"
#include "core/atproto/json.h"
#include "core/atproto/syntax.h"
#include "core/atproto/tid.h"
#include "tests/atproto/test_data.h"

namespace refold::atproto {
namespace {

namespace dom = simdjson::dom;

std::filesystem::path vectors(const char* name) {
  return test::data_folder() / "atproto-interop" / "data-model" / name;
}

TEST(DataModel, TheFixturesHaveTheirBytesAndTheirCid) {
  const auto file = vectors("data-model-fixtures.json");
  REFOLD_NEEDS_DATA(file);
  dom::parser parser;
  const dom::array list = parser.load(file.string());
  int seen = 0;
  for (const dom::element fixture : list) {
    const Result<Bytes> cbor = cbor_from_json(fixture["json"].value());
    ASSERT_TRUE(cbor) << cbor.error().message;
    Bytes expected;
    ASSERT_TRUE(read_base64(fixture["cbor_base64"].get_string().value(), expected));
    EXPECT_EQ(*cbor, expected);
    EXPECT_EQ(to_text(cid_of(*cbor)), fixture["cid"].get_string().value());
    EXPECT_EQ(*cbor_from_json(*json_from_cbor(expected)), expected);
    ++seen;
  }
  EXPECT_EQ(seen, 3);
}

TEST(DataModel, TheValidVectorsAreRecordsThereAndBack) {
  const auto file = vectors("data-model-valid.json");
  REFOLD_NEEDS_DATA(file);
  dom::parser parser;
  const dom::array list = parser.load(file.string());
  int seen = 0;
  for (const dom::element vector : list) {
    const Result<Bytes> cbor = cbor_from_json(vector["json"].value());
    ASSERT_TRUE(cbor) << vector["note"] << ": " << cbor.error().message;
    EXPECT_EQ(*cbor_from_json(*json_from_cbor(*cbor)), *cbor) << vector["note"];
    ++seen;
  }
  EXPECT_GE(seen, 5);
}

TEST(DataModel, TheInvalidVectorsAreRefused) {
  const auto file = vectors("data-model-invalid.json");
  REFOLD_NEEDS_DATA(file);
  dom::parser parser;
  const dom::array list = parser.load(file.string());
  int seen = 0;
  for (const dom::element vector : list) {
    const Result<Bytes> cbor = cbor_from_json(vector["json"].value());
    EXPECT_TRUE(cbor.has_error()) << vector["note"];
    if (cbor.has_error()) {
      EXPECT_FALSE(cbor.error().message.empty());
    }
    ++seen;
  }
  EXPECT_GE(seen, 12);
}

/// Converts every record of a capture and compares with the CID that the host gave it.
void expect_records_hash_to_their_cids(const std::vector<std::string>& lines, int records_min) {
  dom::parser parser;
  int records = 0;
  for (const std::string& line : lines) {
    const dom::element operation = parser.parse(line).value();
    ASSERT_TRUE(valid_did(operation["did"].get_string().value()));
    ASSERT_TRUE(valid_nsid(operation["collection"].get_string().value()));
    ASSERT_TRUE(valid_record_key(operation["rkey"].get_string().value()));
    ASSERT_TRUE(parse_tid(operation["rev"].get_string().value()));
    dom::element record;
    if (operation["record"].get(record) != simdjson::SUCCESS || record.is_null()) continue;
    const Result<Bytes> cbor = cbor_from_json(record);
    ASSERT_TRUE(cbor) << cbor.error().message << "\n" << line.substr(0, 300);
    ASSERT_EQ(to_text(cid_of(*cbor)), operation["cid"].get_string().value()) << line.substr(0, 300);
    ASSERT_TRUE(validate_record(*cbor));
    ASSERT_EQ(*cbor_from_json(*json_from_cbor(*cbor)), *cbor) << line.substr(0, 300);
    ++records;
  }
  EXPECT_GE(records, records_min);
}

TEST(DataModel, EveryRecordOfTheCapturedSampleHashesToItsCid) {
  const auto file = test::data_folder() / "pds-capture" / "sample.ops.jsonl";
  REFOLD_NEEDS_DATA(file);
  expect_records_hash_to_their_cids(test::lines_of(file), 300);
}

}  // namespace
}  // namespace refold::atproto
