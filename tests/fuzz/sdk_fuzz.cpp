#include "core/base/assert.h"
#include "tests/fuzz/sdk_types.h"

using namespace refold;

namespace {

void walk(const Value& value) {
  static_cast<void>(value.boolean());
  static_cast<void>(value.integer());
  static_cast<void>(value.unsigned_integer());
  static_cast<void>(value.text());
  static_cast<void>(value.bytes());
  static_cast<void>(value.link());
  static_cast<void>(value["text"]);
  value.for_each_field([](std::string_view, const Value& field) { walk(field); });
  value.for_each_item([](const Value& item) { walk(item); });
}

// What is in a value can be walked and printed, and is a record or is none.
void read_record(ByteView bytes) {
  static_cast<void>(Value::unchecked(bytes).as<test::Post>());
  const auto value = Value::parse(bytes);
  if (!value) return;
  walk(*value);
  static_cast<void>(to_json(*value));
}

// A row that can be read is written in a form that is read and written again as it is.
void read_row(ByteView bytes) {
  test::Row row;
  try {
    detail::read_row(bytes, row);
  } catch (const std::exception&) {
    return;
  }
  detail::Buffer once;
  detail::write_row(once, row);
  test::Row again;
  detail::read_row(once.view(), again);
  detail::Buffer twice;
  detail::write_row(twice, again);
  REFOLD_ASSERT(detail::equal(once.view(), twice.view()), "a row came back changed");
  static_cast<void>(to_json(row));
}

// A key has one form.
void read_key(ByteView bytes) {
  test::Key key;
  if (!detail::read_key(bytes, key)) return;
  detail::Buffer written;
  detail::write_key<test::Key>(written, key);
  REFOLD_ASSERT(detail::equal(written.view(), bytes), "a key came back changed");
}

}  // namespace

// The first byte says what the others are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes{data + 1, size - 1};
  switch (data[0] % 3) {
    case 0: read_record(bytes); break;
    case 1: read_row(bytes); break;
    default: read_key(bytes);
  }
  return 0;
}
