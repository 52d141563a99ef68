#include "tests/bench/log/prepared.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "core/base/assert.h"
#include "tests/bench/log/event_row.h"
#include "tests/bench/traffic.h"

namespace refold::bench {
namespace {

/// How long a live log collects events for one commit (index::RecorderOptions::group_delay).
constexpr std::int64_t group_us = 2'000;

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

log::Event event_of(const Operation& operation) {
  log::Event event;
  event.kind = operation.kind;
  event.flags = log::flag::live;
  event.rev = operation.rev;
  event.source = source_name;
  event.did = operation.did;
  event.collection = operation.collection;
  event.rkey = operation.rkey;
  event.record = operation.record;
  event.active = operation.kind == log::Kind::account && operation.active;
  event.status = operation.status;
  event.handle = operation.handle;
  event.upstream_seq = operation.upstream_seq;
  event.upstream_us = operation.upstream_us;
  return event;
}

}  // namespace

Result<void> prepare(const std::filesystem::path& file, std::uint64_t seed, std::uint64_t events) {
  const std::unique_ptr<std::FILE, CloseFile> out(std::fopen(file.c_str(), "wb"));
  if (out == nullptr) return system_error("create " + file.string(), errno);
  Traffic traffic(seed, events);
  Operation operation;
  Bytes row;
  std::int64_t witness_us = 0;
  while (traffic.next(operation)) {
    log::Event event = event_of(operation);
    if (operation.time_us > witness_us) witness_us = operation.time_us + group_us;
    event.witness_us = witness_us;
    encode_event_row(event, row);
    const auto size = static_cast<std::uint32_t>(row.size());
    if (std::fwrite(&size, sizeof size, 1, out.get()) != 1 ||
        std::fwrite(row.data(), row.size(), 1, out.get()) != 1) {
      return system_error("write " + file.string(), errno);
    }
  }
  if (std::fflush(out.get()) != 0) return system_error("write " + file.string(), errno);
  return ok();
}

Result<PreparedEvents> PreparedEvents::open(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error("open " + file.string(), errno);
  struct stat status {};
  void* mapped = MAP_FAILED;
  if (::fstat(descriptor, &status) == 0) {
    mapped = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_SHARED,
                    descriptor, 0);
  }
  const int failed = errno;
  ::close(descriptor);
  if (mapped == MAP_FAILED) return system_error("map " + file.string(), failed);
  return PreparedEvents(static_cast<const std::uint8_t*>(mapped),
                        static_cast<std::size_t>(status.st_size));
}

PreparedEvents::~PreparedEvents() {
  if (bytes_ != nullptr) ::munmap(const_cast<std::uint8_t*>(bytes_), size_);
}

PreparedEvents::PreparedEvents(PreparedEvents&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)),
      size_(other.size_),
      at_(other.at_),
      last_(other.last_) {}

void PreparedEvents::next(std::size_t count, std::vector<log::Event>& batch) {
  batch.clear();
  for (; count > 0 && at_ < size_; --count) {
    const auto size = load_le<std::uint32_t>(bytes_ + at_);
    at_ += sizeof size;
    const auto decoded = decode_event_row({bytes_ + at_, size}, ++last_, batch.emplace_back());
    REFOLD_ASSERT(decoded.has_value(), "the file of prepared events is damaged");
    at_ += size;
  }
}

void PreparedEvents::seek(log::Seq seq) {
  at_ = 0;
  for (last_ = 0; last_ + 1 < seq && at_ < size_; ++last_) {
    at_ += sizeof(std::uint32_t) + load_le<std::uint32_t>(bytes_ + at_);
  }
}

}  // namespace refold::bench
