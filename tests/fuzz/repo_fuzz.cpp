#include <string>

#include "core/atproto/car.h"
#include "core/atproto/mst.h"
#include "core/base/assert.h"
#include "core/base/wire.h"

using namespace refold;

namespace {

/// Blocks (each behind its length) as a store in which the fuzzer need not find a hash: every block
/// is under the CID that it really has.
void fill(WireReader& reader, atproto::BlockStore& store, atproto::Cid& last) {
  while (reader.left() > 0 && !reader.failed()) {
    const ByteView block = reader.sized(1U << 16);
    if (reader.failed()) return;
    last = atproto::cid_of(block);
    store.add(last, block);
  }
}

}  // namespace

// A CAR; then the same bytes as blocks, the last of which is the root of a tree.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  atproto::BlockStore store;
  const auto contents = atproto::read_car({data, size}, store);
  if (contents.has_value()) {
    for (const atproto::Cid& cid : contents->damaged) (void)store.find(cid);
  }
  store.clear();
  atproto::Cid root;
  WireReader reader({data, size});
  fill(reader, store, root);
  store.seal();
  std::string last;
  const auto walked =
      atproto::walk_mst(root, store, [&](std::string_view key, const atproto::Cid&) {
        REFOLD_ASSERT(atproto::valid_mst_key(key), "an invalid key");
        REFOLD_ASSERT(last < key, "keys out of order");
        last = key;
        return ok();
      });
  if (walked.has_error()) {
    REFOLD_ASSERT(!walked.error().message.empty(), "an error without words");
  }
  if (const ByteView* const block = store.find(root)) {
    if (const auto commit = atproto::read_repo_commit(*block); commit.has_value()) {
      REFOLD_ASSERT(commit->did.size() <= size, "a DID longer than its block");
    }
  }
  return 0;
}
