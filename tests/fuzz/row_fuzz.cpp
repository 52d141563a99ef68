#include "core/base/assert.h"
#include "core/base/digest.h"
#include "core/log/tail/row.h"

using namespace refold;

// A row of the tail: seq, then the row. Its checksum is made right, or nothing behind it is
// reached.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 8 + 8) return 0;
  const auto seq = load_le<log::Seq>(data);
  Bytes row(data + 8, data + size);
  log::Event event;
  if (log::decode_row(row, seq, event).has_value()) return 0;  // the checksum was right: a seed
  store_le(row.data(), checksum(ByteView(row).subspan(8), seq));
  const auto known = log::decode_row(row, seq, event);
  if (known.has_error() || !*known || log::check_event(event).has_error()) return 0;
  Bytes again(log::row_bytes(event));
  log::encode_row(event, again.data());
  log::Event same_event;
  REFOLD_ASSERT(log::decode_row(again, seq, same_event).has_value(), "a row is not read back");
  REFOLD_ASSERT(log::same(event, same_event), "a row came back changed");
  return 0;
}
