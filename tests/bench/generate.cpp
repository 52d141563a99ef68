#include "tests/bench/generate.h"

#include "tests/bench/ingest/stream_files.h"

namespace refold::bench {

Result<void> generate(const GenerateOptions& options) {
  const auto write = options.form == "frames" ? write_frames : write_lines;
  return write(options.output.empty() ? "/dev/stdout" : options.output, options.seed,
               options.events);
}

}  // namespace refold::bench
