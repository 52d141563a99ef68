#include <chrono>

#include "core/base/wire.h"
#include "core/isolation/messages.h"

namespace refold::isolation {
namespace {

void put_texts(Bytes& to, const std::vector<std::string>& texts) {
  put_varint(to, texts.size());
  for (const std::string& text : texts) put_sized(to, text);
}
void put_time(Bytes& to, std::chrono::milliseconds time) {
  put_varint(to, static_cast<std::uint64_t>(time.count()));
}

void put_code(Bytes& to, const CodeOrder& order) {
  put_sized(to, greeting);
  put_sized(to, order.library.native());
  put_sized(to, order.hash);
  put_sized(to, order.projection);
  put_sized(to, order.name);
  put_texts(to, order.values);
  put_sized(to, order.view.native());
  put_varint(to, order.map_bytes);
}

/// Reads what the functions above wrote.
class OrderReader {
 public:
  explicit OrderReader(ByteView content) : wire_(content) {}

  std::uint64_t number() { return wire_.varint(); }
  ByteView bytes() { return wire_.sized(order_bytes_max); }
  std::string text() { return std::string(text_of(bytes())); }
  std::vector<std::string> texts() {
    std::vector<std::string> all;
    for (std::uint64_t left = number(); left > 0 && !wire_.failed(); --left) all.push_back(text());
    return all;
  }
  void time(std::chrono::milliseconds& to) {
    to = std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(number()));
  }
  bool code(CodeOrder& to) {
    if (text() != greeting) return false;
    to.library = text();
    to.hash = text();
    to.projection = text();
    to.name = text();
    to.values = texts();
    to.view = text();
    to.map_bytes = number();
    return !wire_.failed();
  }
  [[nodiscard]] bool failed() const { return wire_.failed(); }
  [[nodiscard]] bool finished() const { return wire_.finished(); }

 private:
  WireReader wire_;
};

void put_loop(Bytes& to, const projection::LoopOptions& loop) {
  for (const auto& [bytes, time] : {loop.batch, loop.first_batch}) {
    put_varint(to, bytes);
    put_time(to, time);
  }
  put_varint(to, loop.apply_events_max);
  put_varint(to, loop.retries_max);
  for (const auto pause :
       {loop.retry_pause, loop.retry_pause_max, loop.stall_pause, loop.stall_pause_max}) {
    put_time(to, pause);
  }
}

void read_loop(OrderReader& from, projection::LoopOptions& loop) {
  for (auto* const batch : {&loop.batch, &loop.first_batch}) {
    batch->bytes = from.number();
    from.time(batch->time);
  }
  loop.apply_events_max = from.number();
  loop.retries_max = static_cast<unsigned>(from.number());
  for (auto* const pause :
       {&loop.retry_pause, &loop.retry_pause_max, &loop.stall_pause, &loop.stall_pause_max}) {
    from.time(*pause);
  }
}

}  // namespace

CodeOrder code_order(const projection::Code& code, const std::string& name,
                     const std::vector<std::string>& values, const view::View& view) {
  CodeOrder order;
  order.library = std::filesystem::absolute(code.file);
  order.hash = code.hash;
  order.projection = code.info.name;
  order.name = name;
  order.values = values;
  order.view = view.folder();
  order.map_bytes = view.map_bytes();
  return order;
}

Bytes encode(const CodeOrder& order) {
  Bytes to;
  put_code(to, order);
  return to;
}

bool decode(ByteView content, CodeOrder& to) {
  OrderReader from(content);
  return from.code(to) && from.finished();
}

Bytes encode(const FoldOrder& order) {
  Bytes to;
  put_code(to, order.code);
  put_sized(to, order.log.native());
  put_texts(to, order.slice.collections);
  put_texts(to, order.slice.dids);
  put_varint(to, order.skip.size());
  for (const log::Seq seq : order.skip) put_varint(to, seq);
  put_loop(to, order.loop);
  put_varint(to, order.suspects.first);
  put_varint(to, order.suspects.last);
  put_varint(to, order.watches ? 1 : 0);
  put_varint(to, order.watched_table);
  put_sized(to, order.watched_key);
  put_varint(to, order.until);
  put_varint(to, order.verified ? 1 : 0);
  return to;
}

bool decode(ByteView content, FoldOrder& to) {
  OrderReader from(content);
  if (!from.code(to.code)) return false;
  to.log = from.text();
  to.slice.collections = from.texts();
  to.slice.dids = from.texts();
  for (std::uint64_t left = from.number(); left > 0 && !from.failed(); --left) {
    to.skip.push_back(from.number());
  }
  read_loop(from, to.loop);
  to.suspects.first = from.number();
  to.suspects.last = from.number();
  to.watches = from.number() != 0;
  to.watched_table = static_cast<std::uint32_t>(from.number());
  const ByteView key = from.bytes();
  to.watched_key.assign(key.begin(), key.end());
  to.until = from.number();
  to.verified = from.number() != 0;
  return from.finished();
}

}  // namespace refold::isolation
