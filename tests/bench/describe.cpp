#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/atproto/cbor_reader.h"
#include "core/base/digest.h"
#include "tests/bench/generate.h"
#include "tests/bench/jetstream_json.h"
#include "tests/bench/traffic.h"

namespace refold::bench {
namespace {

struct Tally {
  std::uint64_t events = 0;
  std::uint64_t record_bytes = 0;
  std::uint64_t json_bytes = 0;
};

/// The value of the first text after `key` in DAG-CBOR: enough for records of known shape.
std::string_view text_after(ByteView record, std::string_view key) {
  const std::string_view bytes = text_of(record);
  const std::size_t found = bytes.find(key);
  if (found == std::string_view::npos) return {};
  const auto at = reinterpret_cast<const std::uint8_t*>(bytes.data()) + found + key.size();
  const std::uint8_t head = *at & 0x1f;
  if (head < 24) return text_of({at + 1, head});
  if (head == 24) return text_of({at + 2, at[1]});
  return text_of({at + 3, static_cast<std::size_t>(at[1] << 8 | at[2])});
}

class Description {
 public:
  void add(const Operation& operation, std::size_t json_bytes) {
    std::string name(log::name(operation.kind));
    if (log::is_record(operation.kind)) name += " " + std::string(operation.collection);
    for (Tally* tally : {&by_name_[name], &all_}) {
      ++tally->events;
      tally->record_bytes += operation.record.size();
      tally->json_bytes += json_bytes;
    }
    ++actors_[checksum(bytes_of(operation.did))];
    const bool post = operation.collection == "app.bsky.feed.post";
    if (operation.kind == log::Kind::create && post) {
      see("at://" + std::string(operation.did) + "/app.bsky.feed.post/" +
          std::string(operation.rkey));
      texts_ += text_after(operation.record, "dtext");
      texts_bytes_.push_back(text_after(operation.record, "dtext").size());
    }
    if (operation.kind == log::Kind::create && (operation.collection == "app.bsky.feed.like" ||
                                                operation.collection == "app.bsky.feed.repost")) {
      // The subject comes last, whether there is a `via` or not.
      const std::string_view record = text_of(operation.record);
      const ByteView subject = operation.record.subspan(record.find("gsubject"));
      subject_of_like(std::string(text_after(subject, "curi")));
    }
  }

  void print(double seconds) {
    std::vector<std::pair<std::string, Tally>> rows(by_name_.begin(), by_name_.end());
    std::sort(rows.begin(), rows.end(),
              [](const auto& a, const auto& b) { return a.second.events > b.second.events; });
    std::printf("| events | share | record B | JSON B | what |\n|---|---|---|---|---|\n");
    print_row("all", all_);
    for (const auto& [name, tally] : rows) print_row(name, tally);
    std::sort(texts_bytes_.begin(), texts_bytes_.end());
    const std::size_t packed_max = ZSTD_compressBound(texts_.size());
    std::string packed(packed_max, '\0');
    const std::size_t packed_bytes =
        ZSTD_compress(packed.data(), packed_max, texts_.data(), texts_.size(), 3);
    std::uint64_t busiest = 0;
    for (const auto& [actor, events] : actors_) busiest = std::max(busiest, events);
    const auto share = [](std::uint64_t part, std::uint64_t whole) {
      return 100.0 * static_cast<double>(part) /
             static_cast<double>(std::max<std::uint64_t>(whole, 1));
    };
    std::printf("\nactors: %zu, the busiest %.2f %% of the events\n", actors_.size(),
                share(busiest, all_.events));
    std::printf(
        "subjects of likes and reposts: %.1f %% seen before as a subject, "
        "%.1f %% as a subject or as a post\n",
        share(subjects_again_, subjects_), share(subjects_known_, subjects_));
    std::printf("texts of posts: median %zu B, zstd -3 of all %.2fx\n",
                texts_bytes_.empty() ? 0 : texts_bytes_[texts_bytes_.size() / 2],
                static_cast<double>(texts_.size()) / static_cast<double>(packed_bytes));
    std::printf("made: %.0f events/s of one core\n", static_cast<double>(all_.events) / seconds);
  }

 private:
  void print_row(const std::string& name, const Tally& tally) const {
    const auto events = static_cast<double>(tally.events);
    std::printf("| %llu | %.3f %% | %.1f | %.1f | %s |\n",
                static_cast<unsigned long long>(tally.events),
                100.0 * events / static_cast<double>(all_.events),
                static_cast<double>(tally.record_bytes) / events,
                static_cast<double>(tally.json_bytes) / events, name.c_str());
  }
  void see(const std::string& uri) { seen_.try_emplace(checksum(bytes_of(uri)), false); }
  void subject_of_like(const std::string& uri) {
    ++subjects_;
    const auto [entry, fresh] = seen_.try_emplace(checksum(bytes_of(uri)), false);
    subjects_known_ += fresh ? 0 : 1;
    subjects_again_ += entry->second ? 1 : 0;
    entry->second = true;
  }

  std::map<std::string, Tally> by_name_;
  Tally all_;
  std::unordered_map<std::uint64_t, std::uint64_t> actors_;
  std::unordered_map<std::uint64_t, bool> seen_;  ///< posts; whether as a subject
  std::uint64_t subjects_ = 0;
  std::uint64_t subjects_known_ = 0;
  std::uint64_t subjects_again_ = 0;
  std::string texts_;
  std::vector<std::size_t> texts_bytes_;
};

/// Of the processor: other programs do not count.
double seconds_to_make(const GenerateOptions& options) {
  const std::clock_t start = std::clock();
  Traffic traffic(options.seed, options.events);
  Operation operation;
  while (traffic.next(operation)) {
  }
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

}  // namespace

Result<void> describe(const GenerateOptions& options) {
  Traffic traffic(options.seed, options.events);
  Operation operation;
  Description description;
  std::string line;
  while (traffic.next(operation)) {
    line.clear();
    REFOLD_CHECK(append_jetstream_line(operation, line));
    description.add(operation, line.size());
  }
  description.print(seconds_to_make(options));
  return ok();
}

}  // namespace refold::bench
