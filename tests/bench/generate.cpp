#include "tests/bench/generate.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "tests/bench/jetstream_json.h"
#include "tests/bench/traffic.h"

namespace refold::bench {
namespace {

constexpr std::size_t write_bytes = std::size_t{1} << 20;

struct CloseFile {
  void operator()(std::FILE* file) const noexcept {
    if (file != stdout) std::fclose(file);
  }
};

Result<void> write_all(std::FILE* file, const std::string& lines) {
  if (std::fwrite(lines.data(), 1, lines.size(), file) == lines.size()) return ok();
  return system_error("write the events", errno);
}

}  // namespace

Result<void> generate(const GenerateOptions& options) {
  const std::unique_ptr<std::FILE, CloseFile> file(
      options.output.empty() ? stdout : std::fopen(options.output.c_str(), "wb"));
  if (file == nullptr) return system_error("create " + options.output, errno);
  Traffic traffic(options.seed, options.events);
  Operation operation;
  std::string lines;
  while (traffic.next(operation)) {
    REFOLD_CHECK(append_jetstream_line(operation, lines));
    if (lines.size() < write_bytes) continue;
    REFOLD_CHECK(write_all(file.get(), lines));
    lines.clear();
  }
  REFOLD_CHECK(write_all(file.get(), lines));
  if (std::fflush(file.get()) != 0) return system_error("write the events", errno);
  return ok();
}

}  // namespace refold::bench
