#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "refold/testing/data.hpp"

namespace refold::testing {

/// A witness log in memory, for tests: what is written down is what the wire says, and previous
/// versions and changes follow from it as in the engine.
///
///   TestLog log;
///   log.create(alice, "app.bsky.feed.like", "3k1", like_of(post));
///   log.remove(alice, "app.bsky.feed.like", "3k1");
class TestLog {
 public:
  TestLog& create(std::string_view did, std::string_view collection, std::string_view rkey,
                  const Data& record) {
    return write(REFOLD_CREATE, did, collection, rkey, record.bytes());
  }
  TestLog& update(std::string_view did, std::string_view collection, std::string_view rkey,
                  const Data& record) {
    return write(REFOLD_UPDATE, did, collection, rkey, record.bytes());
  }
  TestLog& remove(std::string_view did, std::string_view collection, std::string_view rkey) {
    return write(REFOLD_DELETE, did, collection, rkey, {});
  }
  /// A create or an update whose record did not come along.
  TestLog& create_without_record(std::string_view did, std::string_view collection,
                                 std::string_view rkey) {
    return write(REFOLD_CREATE, did, collection, rkey, {});
  }
  /// That an account is deleted removes its records first, as in the engine.
  TestLog& account(std::string_view did, bool active, std::string_view status = "") {
    if (!active && status == "deleted") remove_living(did);
    Stored& stored = add(REFOLD_ACCOUNT, did);
    stored.event.active = active ? 1 : 0;
    stored.event.status = keep(stored, status);
    return *this;
  }
  TestLog& identity(std::string_view did, std::string_view handle = "") {
    Stored& stored = add(REFOLD_IDENTITY, did);
    stored.event.handle = keep(stored, handle);
    return *this;
  }
  /// An event of any other kind.
  TestLog& other(std::uint8_t kind, std::string_view did) {
    add(kind, did);
    return *this;
  }
  /// Time goes by before the next event. (Without, they are a second apart.)
  TestLog& pass(std::chrono::microseconds time) {
    passed_us_ += time.count();
    return *this;
  }
  /// The next record event is older than all before it: late, if its record has a newer version.
  TestLog& late() {
    late_ = true;
    return *this;
  }

  [[nodiscard]] std::size_t size() const noexcept { return events_.size(); }
  /// The event with this index (its seq is one more). Lives as long as the log.
  [[nodiscard]] const refold_event& operator[](std::size_t index) const noexcept {
    return events_[index].event;
  }
  [[nodiscard]] const refold_event& back() const noexcept { return events_.back().event; }

 private:
  struct Stored {
    refold_event event{};
    /// What the event points to: also the copies of it in a copy of the log.
    std::shared_ptr<std::deque<std::string>> texts = std::make_shared<std::deque<std::string>>();
  };
  struct Head {
    std::uint64_t rev = 0;
    std::uint64_t seq = 0;
    bool living = false;
    std::string payload;
  };
  using RecordName = std::tuple<std::string, std::string, std::string>;

  static refold_bytes keep(Stored& stored, std::string_view text) {
    return detail::abi_of(std::string_view(stored.texts->emplace_back(text)));
  }
  Stored& add(std::uint8_t kind, std::string_view did) {
    constexpr std::int64_t start_us = 1'767'225'600'000'000;  // 2026-01-01
    Stored& stored = events_.emplace_back();
    stored.event.size = sizeof stored.event;
    stored.event.seq = events_.size();
    stored.event.witness_us =
        start_us + static_cast<std::int64_t>(events_.size()) * 1'000'000 + passed_us_;
    stored.event.commit_us = stored.event.witness_us - 1'000;
    stored.event.flags = REFOLD_LIVE | REFOLD_VERIFIED;
    stored.event.kind = kind;
    stored.event.did = keep(stored, did);
    stored.event.source = keep(stored, "test");
    return stored;
  }
  TestLog& write(std::uint8_t kind, std::string_view did, std::string_view collection,
                 std::string_view rkey, const Bytes& record) {
    Stored& stored = add(kind, did);
    refold_event& event = stored.event;
    event.collection = keep(stored, collection);
    event.rkey = keep(stored, rkey);
    event.record = keep(stored, detail::text_of(ByteView(record)));
    if (std::exchange(late_, false)) event.commit_us = 1'000'000 + static_cast<int>(event.seq);
    event.rev = static_cast<std::uint64_t>(event.commit_us) << 10;
    const RecordName name{std::string(did), std::string(collection), std::string(rkey)};
    const auto found = heads_.find(name);
    const Head* const head = found == heads_.end() ? nullptr : &found->second;
    if (head != nullptr && event.rev < head->rev) {
      event.flags |= REFOLD_LATE;
      return *this;
    }
    set_previous(stored, head);
    heads_[name] = {event.rev, event.seq, kind != REFOLD_DELETE,
                    std::string(detail::text_of(event.record))};
    return *this;
  }
  void remove_living(std::string_view did) {
    std::map<std::uint64_t, RecordName> living;  // by seq
    for (const auto& [name, head] : heads_) {
      if (head.living && std::get<0>(name) == did) living[head.seq] = name;
    }
    const bool late = std::exchange(late_, false);
    for (const auto& [seq, name] : living) remove(did, std::get<1>(name), std::get<2>(name));
    late_ = late;
  }
  static void set_previous(Stored& stored, const Head* head) {
    refold_event& event = stored.event;
    const bool removes = event.kind == REFOLD_DELETE;
    const bool has_record = event.record.size > 0;
    event.previous_seq = head == nullptr ? 0 : head->seq;
    if (head == nullptr) {
      event.previous_state = removes ? REFOLD_PREVIOUS_UNKNOWN : REFOLD_PREVIOUS_NONE;
    } else if (head->living && !head->payload.empty()) {
      event.previous_state = REFOLD_PREVIOUS_KNOWN;
      event.previous = keep(stored, head->payload);
    } else {
      event.previous_state = head->living ? REFOLD_PREVIOUS_UNKNOWN : REFOLD_PREVIOUS_NONE;
    }
    const bool known = event.previous_state == REFOLD_PREVIOUS_KNOWN;
    const bool same = known && head->payload == detail::text_of(event.record);
    const bool nothing_to_remove = removes && event.previous_state == REFOLD_PREVIOUS_NONE;
    if (same || nothing_to_remove) {
      event.flags |= REFOLD_NO_DIFFERENCE;
    } else if (removes) {
      event.change = REFOLD_REMOVED;
    } else if (!has_record) {
      event.change = known ? REFOLD_REMOVED : REFOLD_UNCHANGED;
    } else {
      event.change = known ? REFOLD_REPLACED : REFOLD_ADDED;
    }
  }

  std::deque<Stored> events_;
  std::map<RecordName, Head> heads_;
  std::int64_t passed_us_ = 0;
  bool late_ = false;
};

}  // namespace refold::testing
