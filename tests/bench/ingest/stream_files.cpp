#include "tests/bench/ingest/stream_files.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <string>

#include "core/ingest/capture.h"
#include "tests/bench/jetstream_json.h"
#include "tests/bench/traffic.h"
#include "tests/support/frame_builder.h"

namespace refold::bench {
namespace {

using testing::BuiltNode;
using testing::CarBuilder;
using testing::CommitFrame;
using testing::put_notice_frame;

constexpr std::size_t written_at_once = std::size_t{4} << 20;
/// What a commit brings of its tree: so many nodes of so many entries (3.2 KB a frame in all, as
/// the captured PDS sends them).
constexpr int nodes_per_commit = 3;
constexpr int entries_per_node = 12;

/// A file that is written in large pieces.
class Output {
 public:
  static Result<Output> create(const std::filesystem::path& path) {
    Output made;
    made.file_.reset(std::fopen(path.c_str(), "wb"));
    if (!made.file_) return system_error("create " + path.native(), errno);
    return made;
  }
  Bytes& bytes() noexcept { return bytes_; }
  Result<void> flush(std::size_t if_over) {
    if (bytes_.size() <= if_over) return ok();
    if (std::fwrite(bytes_.data(), 1, bytes_.size(), file_.get()) != bytes_.size() ||
        std::fflush(file_.get()) != 0) {
      return system_error("write the events of the benchmark", errno);
    }
    bytes_.clear();
    return ok();
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  Bytes bytes_;
};

/// Makes frames of operations, one after the other.
class FrameMaker {
 public:
  explicit FrameMaker(std::uint64_t seed) : random_(seed) {}

  /// The frame is valid until the next call.
  ByteView make(const Operation& operation) {
    frame_.clear();
    ++seq_;
    switch (operation.kind) {
      case log::Kind::identity:
        put_notice_frame(
            "#identity", seq_, operation.did, 1,
            [&](auto& body) { body.key("handle"), body.text(operation.handle); }, frame_);
        break;
      case log::Kind::account:
        put_notice_frame(
            "#account", seq_, operation.did, 2,
            [&](auto& body) {
              body.key("active"), body.boolean(operation.active);
              body.key("status"), body.text(operation.status);
            },
            frame_);
        break;
      default: commit(operation);
    }
    return frame_;
  }

 private:
  void commit(const Operation& operation) {
    CarBuilder blocks;
    CommitFrame frame;
    const std::string rev = to_text(operation.rev);
    frame.seq = seq_;
    frame.did = operation.did;
    frame.rev = rev;
    std::optional<atproto::Cid> cid;
    if (operation.kind != log::Kind::remove) {
      blocks.add_as(operation.cid, operation.record);
      cid = operation.cid;
    }
    frame.operations.push_back(
        {action_of(operation.kind),
         std::string(operation.collection) + "/" + std::string(operation.rkey), cid});
    atproto::Cid root;
    for (int at = 0; at < nodes_per_commit; ++at) root = blocks.add(node());
    frame.commit = blocks.add(testing::commit_block(operation.did, rev, root));
    const Bytes car = blocks.car(frame.commit);
    frame.blocks = car;
    put_commit_frame(frame, frame_);
  }

  static std::string_view action_of(log::Kind kind) {
    if (kind == log::Kind::create) return "create";
    return kind == log::Kind::update ? "update" : "delete";
  }

  Bytes node() {
    BuiltNode made;
    made.entries.resize(entries_per_node);
    for (BuiltNode::Entry& entry : made.entries) {
      entry.prefix = 22;
      entry.suffix = to_text(atproto::make_tid(random_(), 7)).substr(4);
      for (std::size_t at = 0; at < sizeof(Sha256Digest); at += 8) {
        store_be64(entry.value.digest.data() + at, random_());
      }
    }
    return made.block();
  }

  std::mt19937_64 random_;
  std::uint64_t seq_ = 0;
  Bytes frame_;
};

/// Gathers records, whoever's they are, until they fill a repo.
class RepoMaker {
 public:
  void add(const Operation& operation) {
    const std::string path = std::string(operation.collection) + "/" + std::string(operation.rkey);
    if (!keys_.emplace(path, operation.cid).second) return;
    blocks_.add_as(operation.cid, operation.record);
    rev_ = std::max(rev_, operation.rev);
  }
  [[nodiscard]] std::uint64_t records() const noexcept { return keys_.size(); }
  /// The repo, and begins the next one.
  Bytes finish() {
    const auto tree = add_tree(keys_, blocks_);
    const std::string did = "did:web:repo" + std::to_string(++made_) + ".example";
    const auto commit = blocks_.add(testing::commit_block(did, to_text(rev_), tree));
    Bytes car = blocks_.car(commit);
    keys_.clear();
    blocks_ = {};
    return car;
  }

 private:
  testing::RepoKeys keys_;
  CarBuilder blocks_;
  atproto::Tid rev_{};
  std::uint64_t made_ = 0;
};

}  // namespace

Result<void> write_repos(const std::filesystem::path& file, std::uint64_t seed,
                         std::uint64_t records) {
  constexpr std::uint64_t records_of_a_repo = 1'000;
  REFOLD_TRY(Output output, Output::create(file));
  Traffic traffic(seed, 2 * records + 1'000);  // most of it creates
  RepoMaker maker;
  std::uint64_t written = 0;
  for (Operation operation; written < records && traffic.next(operation);) {
    if (operation.kind != log::Kind::create) continue;
    maker.add(operation);
    const bool last = written + maker.records() == records;
    if (maker.records() < records_of_a_repo && !last) continue;
    written += maker.records();
    ingest::put_frame(maker.finish(), output.bytes());
    REFOLD_CHECK(output.flush(written_at_once));
  }
  return output.flush(0);
}

Result<void> write_frames(const std::filesystem::path& file, std::uint64_t seed,
                          std::uint64_t events) {
  REFOLD_TRY(Output output, Output::create(file));
  Traffic traffic(seed, events);
  FrameMaker maker(seed);
  for (Operation operation; traffic.next(operation);) {
    ingest::put_frame(maker.make(operation), output.bytes());
    REFOLD_CHECK(output.flush(written_at_once));
  }
  return output.flush(0);
}

Result<void> write_lines(const std::filesystem::path& file, std::uint64_t seed,
                         std::uint64_t events) {
  REFOLD_TRY(Output output, Output::create(file));
  Traffic traffic(seed, events);
  std::string line;
  for (Operation operation; traffic.next(operation);) {
    line.clear();
    REFOLD_CHECK(append_jetstream_line(operation, line));
    append(output.bytes(), bytes_of(line));
    REFOLD_CHECK(output.flush(written_at_once));
  }
  return output.flush(0);
}

}  // namespace refold::bench
