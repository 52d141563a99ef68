#include "core/base/assert.h"
#include "core/base/wire.h"
#include "core/log/codec/frame.h"

using namespace refold;

// A dictionary and a frame: a length and the dictionary, a length and its tables, the frame.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  WireReader from({data, size});
  const ByteView shared = from.sized(from.left());
  const ByteView tables = from.sized(from.left());
  const ByteView block = from.bytes(from.left());
  if (from.failed()) return 0;
  log::codec::Dictionary dictionary;
  if (!dictionary.read(shared, tables).empty()) return 0;
  log::codec::Decompressor decompressor;
  log::codec::Frame frame;
  Bytes bytes(block.begin(), block.end());
  if (!frame.load(std::move(bytes), dictionary, decompressor, dictionary.text_prefix()).empty()) {
    return 0;
  }
  Arena arena;
  log::codec::FrameCursor reading(frame, dictionary);
  log::codec::FrameCursor skipping(frame, dictionary);  // passes every other event
  log::Event event;
  log::Event same_event;
  for (log::Seq seq = 1; !reading.at_end(); ++seq) {
    if (arena.used_bytes() > (1U << 24)) arena.clear();
    event.seq = seq;
    reading.read(event, arena);
    if (seq % 2 == 0) {
      skipping.skip();
      continue;
    }
    same_event.seq = seq;
    same_event.collection = event.collection;
    skipping.read(same_event, arena);
    REFOLD_ASSERT(log::same(event, same_event), "passing an event is not like reading it");
  }
  return 0;
}
