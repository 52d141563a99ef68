#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/crash/acks.h"
#include "tests/crash/process.h"
#include "tests/support/temp_folder.h"

namespace refold::crash {

/// A folder in memory, where that is possible: the tests of power loss write hundreds of images,
/// and what a sync means there is decided by the trace.
class Scratch {
 public:
  Scratch() {
    std::error_code failure;
    std::string name =
        std::filesystem::exists("/dev/shm", failure)
            ? "/dev/shm/refold-test-XXXXXX"
            : (std::filesystem::temp_directory_path() / "refold-test-XXXXXX").native();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder " + name);
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// Runs the worker on its own to make the log that scripts and faults start from, and the acks
/// beside it. Returns the acks.
inline std::vector<Ack> prepare(const std::filesystem::path& data, std::uint64_t seed) {
  const std::string file = data.native() + ".acks";
  {
    const Descriptor acks(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    Process process(
        {worker, "prepare", data.native(), std::to_string(seed), std::to_string(acks.get())}, {},
        acks.get());
    const Ended ended = process.end();
    EXPECT_TRUE(ended.well()) << ended.text();
  }
  return acks_in(bytes_of(testing::content_of(file)));
}

}  // namespace refold::crash
