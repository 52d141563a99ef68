#include "core/isolation/frame.h"

#include "core/base/wire.h"

namespace refold::isolation {

void put_frame(Bytes& to, Kind kind, ByteView content) {
  put_fixed(to, static_cast<std::uint32_t>(content.size() + 1));
  put_fixed(to, static_cast<std::uint8_t>(kind));
  append(to, content);
}

Result<std::optional<Frame>> first_frame(ByteView bytes, std::size_t content_bytes_max) {
  using Found = std::optional<Frame>;
  if (bytes.size() < frame_head_bytes) return Found();
  const std::size_t size = load_le<std::uint32_t>(bytes.data());
  if (size == 0 || size - 1 > content_bytes_max) {
    return Error{Errc::corrupt, "a message of " + std::to_string(size) + " bytes"};
  }
  const std::size_t content = size - 1;
  if (bytes.size() - frame_head_bytes < content) return Found();
  return Found(Frame{static_cast<Kind>(bytes[frame_head_bytes - 1]),
                     bytes.subspan(frame_head_bytes, content)});
}

}  // namespace refold::isolation
