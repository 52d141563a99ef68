#include <cerrno>
#include <cstdio>
#include <fstream>
#include <vector>

#include "core/base/clock.h"
#include "tests/bench/log/columnar_block.h"
#include "tests/bench/log/prepared.h"
#include "tests/bench/log/store.h"

namespace refold::bench {
namespace {

/// A file of blocks, each behind its length. Nothing of it is synced: it is compared for its size
/// and for how fast it is read.
class ColumnarStore : public Store {
 public:
  explicit ColumnarStore(std::filesystem::path file) : file_(std::move(file)) {}

  void take(std::span<const log::Event> events) override {
    const std::int64_t now = now_us();
    for (const log::Event& event : events) taken_.emplace_back(event).witness_us = now;
  }

  Result<void> append() override {
    while (taken_.size() >= columnar_block_events) REFOLD_CHECK(write_block());
    return ok();
  }

  Result<void> settle() override {
    while (!taken_.empty()) REFOLD_CHECK(write_block());
    out_.close();
    if (out_.fail()) return system_error("write " + file_.string(), errno);
    return ok();
  }

  Result<FieldsDigest> scan(std::string_view collection) override {
    std::ifstream in(file_, std::ios::binary);
    FieldsDigest digest;
    ColumnarReader reader;
    std::vector<log::Event> events;
    Bytes frame;
    std::uint32_t size = 0;
    while (in.read(reinterpret_cast<char*>(&size), sizeof size)) {
      frame.resize(size);
      if (!in.read(reinterpret_cast<char*>(frame.data()), size)) {
        return system_error("read " + file_.string(), errno);
      }
      REFOLD_CHECK(reader.decode(frame, source_name, events));
      for (const log::Event& event : events) {
        if (collection.empty() || event.collection == collection) digest.add(event);
      }
    }
    return digest;
  }

  Result<void> get(log::Seq /*seq*/, FieldsDigest& /*digest*/) override {
    return Error{Errc::unsupported, "the columnar file is not read by seq"};
  }

 private:
  Result<void> write_block() {
    if (!out_.is_open()) out_.open(file_, std::ios::binary);
    const std::size_t count = std::min(taken_.size(), columnar_block_events);
    const std::span<log::Event> block(taken_.data(), count);
    for (log::Event& event : block) event.seq = ++last_;
    REFOLD_TRY(const ByteView frame, writer_.encode(block));
    const auto size = static_cast<std::uint32_t>(frame.size());
    out_.write(reinterpret_cast<const char*>(&size), sizeof size);
    out_.write(reinterpret_cast<const char*>(frame.data()), size);
    taken_.erase(taken_.begin(), taken_.begin() + static_cast<std::ptrdiff_t>(count));
    if (!out_) return system_error("write " + file_.string(), errno);
    return ok();
  }

  std::filesystem::path file_;
  std::ofstream out_;
  ColumnarWriter writer_;
  std::vector<log::Event> taken_;
  log::Seq last_ = 0;
};

}  // namespace

Result<std::unique_ptr<Store>> open_columnar(const std::filesystem::path& folder,
                                             Access /*access*/) {
  std::filesystem::create_directories(folder);
  return std::unique_ptr<Store>(std::make_unique<ColumnarStore>(folder / "blocks.zst"));
}

}  // namespace refold::bench
