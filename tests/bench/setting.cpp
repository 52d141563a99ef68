#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <thread>

#include "tests/bench/report.h"

namespace refold::bench {
namespace {

/// The value of the first line of a file of "name : value" lines that begins with `name`.
std::string field(const char* file, std::string_view name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(name, 0) != 0) continue;
    const std::size_t colon = line.find(':');
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "unknown";
}

std::string machine() {
  utsname system{};
  ::uname(&system);
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return field("/proc/cpuinfo", "model name") + ", " +
         std::to_string(std::thread::hardware_concurrency()) + " cores, " +
         std::to_string((pages * page_bytes) >> 30) + " GiB, " + system.sysname + ' ' +
         system.release;
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return {text.data(), size};
}

/// What git says of the checkout that this was built from.
std::string commit() {
  struct Close {
    void operator()(std::FILE* pipe) const noexcept { ::pclose(pipe); }
  };
  const std::unique_ptr<std::FILE, Close> pipe(
      ::popen("git -C '" REFOLD_SOURCE_DIR "' describe --always --dirty 2>/dev/null", "r"));
  std::array<char, 64> text{};
  if (pipe == nullptr || std::fgets(text.data(), text.size(), pipe.get()) == nullptr) {
    return "unknown";
  }
  const std::string line(text.data());
  return line.substr(0, line.find('\n'));
}

}  // namespace

Setting make_setting(std::string command, std::uint64_t events, std::uint64_t runs) {
  return {std::move(command), machine(), now_utc(), commit(), events, runs};
}

}  // namespace refold::bench
