#pragma once

#include <random>
#include <string>
#include <vector>

#include "core/atproto/cbor.h"
#include "core/atproto/tid.h"
#include "core/log/page.h"

namespace refold::testing {

/// Events of every kind, with every field used and payloads of every sort: what a codec must give
/// back to the last byte. The same ones for the same seed. They need not make sense together.
class RandomEvents {
 public:
  explicit RandomEvents(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < 40; ++i) dids_.push_back(i % 7 == 0 ? did_web(i) : plc());
    for (int i = 0; i < 30; ++i) refs_.push_back({cid(), uri()});
  }

  /// Appends `count` events with seqs from `first` on. The page owns what they point into.
  void fill(log::Page& page, log::Seq first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) page.events.push_back(event(page.arena, first + i));
    page.next = first + count;
  }

 private:
  struct Ref {
    std::string cid;
    std::string uri;
  };

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }
  const std::string& any(const std::vector<std::string>& of) { return of[below(of.size())]; }

  std::string plc() {
    std::string did = "did:plc:";
    for (int i = 0; i < 24; ++i) did += "abcdefghijklmnopqrstuvwxyz234567"[below(32)];
    return did;
  }
  static std::string did_web(int i) { return "did:web:host" + std::to_string(i) + ".example.com"; }
  std::string tid() {
    return atproto::to_text(atproto::make_tid(now_us_ - below(1U << 30), clock()));
  }
  unsigned clock() { return static_cast<unsigned>(below(1024)); }
  std::string uri() { return "at://" + plc() + "/app.bsky.feed.post/" + tid(); }
  atproto::Cid some_cid() {
    atproto::Cid cid;
    cid.codec = chance(80) ? atproto::Cid::Codec::dag_cbor : atproto::Cid::Codec::raw;
    for (auto& byte : cid.digest) byte = static_cast<std::uint8_t>(random_());
    return cid;
  }
  std::string cid() {
    return atproto::to_text(atproto::Cid{atproto::Cid::Codec::dag_cbor, some_cid().digest});
  }
  std::string words(std::size_t count) {
    static const std::vector<std::string> known{"coffee", "täglich", "コーヒー",
                                                "قهوة",   "the",     "of"};
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
      text += any(known) + (chance(5) ? std::string(1, '\0') : " ");
    return text;
  }
  std::string datetime() {
    static const std::vector<std::string> odd{
        "2026-11-22T08:20:53Z",      "2026-11-22T08:20:53.041Z",  "2026-11-22T08:20:53.041097Z",
        "2026-11-22T08:20:53+01:00", "1969-12-31T23:59:59.999Z",  "2026-11-22T08:20:53.041+00:00",
        "0000-01-01T00:00:00Z",      "2026-11-22T08:20:53.0410Z", "9999-12-31T23:59:59.999999Z"};
    return any(odd);
  }

  void strong_ref(atproto::cbor::Writer& to) {
    const Ref ref =
        chance(60) ? refs_[below(refs_.size())] : Ref{cid(), chance(80) ? uri() : "at://x"};
    to.map(2);
    to.key("cid");
    to.text(ref.cid);
    to.key("uri");
    to.text(ref.uri);
  }

  void value(atproto::cbor::Writer& to, unsigned depth) {
    switch (below(depth > 3 ? 11 : 14)) {
      case 0: return to.null();
      case 1: return to.boolean(chance(50));
      case 2: return to.integer(static_cast<std::int64_t>(random_() >> below(64)));
      case 3: return to.integer(-static_cast<std::int64_t>(random_() >> (1 + below(63))));
      case 4: return to.link(some_cid());
      case 5: return to.text(any(dids_));
      case 6: return to.text(tid());
      case 7: return to.text(datetime());
      case 8: return to.text(uri());
      case 9: return to.text(chance(50) ? cid() : words(below(20)));
      case 10: {
        const std::string raw = words(below(6));
        return to.bytes(bytes_of(raw));
      }
      case 11: return strong_ref(to);
      case 12: {
        const std::uint64_t items = below(chance(2) ? 90 : 4);
        to.array(items);
        for (std::uint64_t i = 0; i < items; ++i) value(to, depth + 1);
        return;
      }
      default: return map(to, depth + 1);
    }
  }

  void map(atproto::cbor::Writer& to, unsigned depth) {
    static const std::vector<std::string> keys{"a",    "b",     "cid",      "uri",
                                               "text", "$type", "createdAt"};
    std::vector<std::string> chosen;
    for (const std::string& key : keys) {
      if (chance(40)) chosen.push_back(key);
    }
    to.map(chosen.size());
    for (const std::string& key : chosen) {
      to.key(key);
      key == "$type" ? to.text("com.example.thing") : value(to, depth);
    }
  }

  Bytes payload() {
    Bytes bytes;
    if (chance(2)) return Bytes(1 + below(2000), static_cast<std::uint8_t>(random_()));  // no CBOR
    atproto::cbor::Writer to(bytes);
    if (chance(40)) {
      to.map(3);
      to.key("$type");
      to.text("app.bsky.feed.like");
      to.key("subject");
      strong_ref(to);
      to.key("createdAt");
      to.text(datetime());
    } else {
      map(to, 0);
    }
    if (chance(1)) bytes.pop_back();  // cut off
    return bytes;
  }

  log::Event event(Arena& arena, log::Seq seq) {
    now_us_ += below(3) == 0 ? below(2000) : 0;
    log::Event event;
    event.seq = seq;
    event.witness_us = static_cast<std::int64_t>(now_us_);
    event.source = chance(80) ? "import" : "jetstream:one";
    event.did = arena.copy(std::string_view(any(dids_)));
    event.flags = static_cast<std::uint16_t>(chance(90) ? log::flag::live : below(64));
    chance(90) ? record_event(event, arena) : notice(event, arena);
    return event;
  }

  void record_event(log::Event& event, Arena& arena) {
    static const std::vector<std::string> collections{"app.bsky.feed.like", "app.bsky.feed.post",
                                                      "com.example.thing", "com.example.rare"};
    event.kind = static_cast<log::Kind>(1 + below(3));
    event.collection =
        arena.copy(std::string_view(chance(99) ? collections[below(3)] : collections[3]));
    event.rkey = arena.copy(std::string_view(chance(80) ? tid() : chance(50) ? "self" : words(3)));
    event.rev = atproto::make_tid(now_us_ - below(1U << 22), clock());
    event.order = static_cast<std::uint16_t>(chance(95) ? 0 : below(1000));
    if (event.kind != log::Kind::remove) {
      const Bytes record = payload();
      if (chance(90) && !record.empty()) {
        event.record = arena.copy(ByteView(record));
      } else {
        event.missing = static_cast<log::Missing>(1 + below(4));
        event.stored_cid = new (arena.take(sizeof(atproto::Cid))) atproto::Cid(some_cid());
      }
    }
    if (event.kind == log::Kind::create || event.seq < 2) return;
    event.previous_state = static_cast<log::PreviousState>(below(3));
    event.previous_seq = 1 + below(event.seq - 1);
    const Bytes previous = payload();
    if (event.previous_state == log::PreviousState::known && !previous.empty()) {
      event.previous_record = arena.copy(ByteView(previous));
    }
  }

  void notice(log::Event& event, Arena& arena) {
    event.kind = static_cast<log::Kind>(4 + below(4));
    event.active = chance(50);
    event.status = arena.copy(std::string_view(chance(50) ? "deleted" : ""));
    event.handle = arena.copy(std::string_view(chance(50) ? "alice.test" : ""));
    event.upstream_seq = below(1U << 30);
    event.upstream_us = static_cast<std::int64_t>(now_us_ - below(1U << 20));
    if (event.kind == log::Kind::sync) event.rev = atproto::make_tid(now_us_, clock());
  }

  std::mt19937_64 random_;
  std::uint64_t now_us_ = 1'790'000'000'000'000;
  std::vector<std::string> dids_;
  std::vector<Ref> refs_;
};

}  // namespace refold::testing
