#include "core/log/segment/directory.h"

using namespace refold;

// The directory of a segment: which part lies where.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  log::Directory directory;
  log::SegmentInfo info;
  const std::string wrong =
      log::read_directory({data, size}, log::segment_header_bytes, directory, info);
  static_cast<void>(wrong);
  return 0;
}
