#include "core/base/assert.h"
#include "core/isolation/messages.h"

using namespace refold;
using namespace refold::isolation;

namespace {

/// Texts that are longer may be cut off on their way out.
constexpr std::size_t uncut_bytes = 4096;

/// What came through goes out and in again as it was.
template <class Message>
void decode_one(ByteView content) {
  Message message{};
  if (!decode(content, message)) return;
  const Bytes once = encode(message);
  Message again{};
  REFOLD_ASSERT(decode(once, again), "a message does not come back");
  REFOLD_ASSERT(once.size() > uncut_bytes || encode(again) == once, "a message came back changed");
}

void decode_answer_of(ByteView content) {
  std::optional<Result<Texts>> answer;
  if (!decode(content, answer)) return;
  const Bytes once = encode(*answer);
  std::optional<Result<Texts>> again;
  REFOLD_ASSERT(decode(once, again), "an answer does not come back");
  REFOLD_ASSERT(once.size() > uncut_bytes || encode(*again) == once, "an answer came back changed");
}

void decode_as(Kind kind, ByteView content) {
  switch (kind) {
    case Kind::refused: return decode_one<Error>(content);
    case Kind::is: return decode_one<Telling>(content);
    case Kind::failed: return decode_one<projection::Failure>(content);
    case Kind::written: return decode_one<WrittenRow>(content);
    case Kind::line: return decode_one<Line>(content);
    case Kind::answered: return decode_answer_of(content);
    case Kind::fold: return decode_one<FoldOrder>(content);
    case Kind::answer: return decode_one<CodeOrder>(content);
    case Kind::query: return decode_one<QueryRequest>(content);
    case Kind::rows: return decode_one<projection::RowRequest>(content);
    default: break;
  }
  std::uint64_t number = 0;
  (void)decode_number(content, number);
}

}  // namespace

// What a process of a plugin sends, and what one is sent: messages in a row.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView left(data, size);
  while (true) {
    const auto found = first_frame(left, fold_message_bytes_max);
    if (found.has_error() || !*found) return 0;
    const Frame& frame = **found;
    REFOLD_ASSERT(frame_head_bytes + frame.content.size() <= left.size(), "a frame is too long");
    decode_as(frame.kind, frame.content);
    left = left.subspan(frame_head_bytes + frame.content.size());
  }
}
