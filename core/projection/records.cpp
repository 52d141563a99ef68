#include "core/projection/records.h"

#include <algorithm>

#include "core/base/wire.h"

namespace refold::projection {
namespace {

constexpr std::size_t text_bytes_max = std::size_t{1} << 20;
constexpr std::uint64_t list_max = 100'000;

void put_text(Bytes& to, std::string_view text) { put_sized(to, bytes_of(text)); }
void put_flag(Bytes& to, bool flag) { to.push_back(flag ? 1 : 0); }

void put_texts(Bytes& to, const std::vector<std::string>& texts) {
  put_varint(to, texts.size());
  for (const std::string& text : texts) put_text(to, text);
}

/// Reads what the functions above wrote. A list that is too long ends the reading.
class Reader {
 public:
  explicit Reader(ByteView value) : wire_(value) {}

  std::string text() { return std::string(wire_.sized_text(text_bytes_max)); }
  std::uint64_t number() { return wire_.varint(); }
  std::int64_t time() { return wire_.fixed<std::int64_t>(); }
  std::uint8_t byte() { return wire_.fixed<std::uint8_t>(); }
  bool flag() { return byte() != 0; }
  ByteView bytes() { return wire_.sized(plugin::manifest_bytes_max * 2); }
  std::uint64_t count() {
    const std::uint64_t count = number();
    over_ = over_ || count > list_max || count > wire_.left();
    return over_ ? 0 : count;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> all(count());
    for (std::string& one : all) one = text();
    return all;
  }
  bool finished() const { return !over_ && wire_.finished(); }

 private:
  WireReader wire_;
  bool over_ = false;
};

void put(Bytes& to, const CodeReference& code) {
  put_text(to, code.plugin);
  put_text(to, code.file);
  put_text(to, code.projection);
  put_text(to, code.version);
  put_varint(to, code.fold);
  to.push_back(static_cast<std::uint8_t>(code.runs_in));
}

CodeReference code_reference(Reader& in, bool& known) {
  CodeReference code;
  code.plugin = in.text();
  code.file = in.text();
  code.projection = in.text();
  code.version = in.text();
  code.fold = in.number();
  code.runs_in = static_cast<RunsIn>(in.byte());
  known = known && (code.runs_in == RunsIn::thread || code.runs_in == RunsIn::process);
  return code;
}

void put(Bytes& to, const Failure& failure) {
  put_varint(to, failure.seq);
  put_text(to, failure.uri);
  put_text(to, failure.message);
  put_text(to, failure.version);
  put_fixed(to, failure.at_us);
}

Failure failure(Reader& in) {
  Failure read;
  read.seq = in.number();
  read.uri = in.text();
  read.message = in.text();
  read.version = in.text();
  read.at_us = in.time();
  return read;
}

void put(Bytes& to, const GenerationRecord& record) {
  put_varint(to, record.number);
  to.push_back(static_cast<std::uint8_t>(record.state));
  put(to, record.code);
  put_varint(to, record.options.size());
  for (const auto& [name, value] : record.options) {
    put_text(to, name);
    put_text(to, value);
  }
  put_flag(to, record.hold);
  put_flag(to, record.returning);
  put_texts(to, record.slice.collections);
  put_texts(to, record.slice.dids);
  put_varint(to, record.until);
  put_varint(to, record.retired);
  put_fixed(to, record.created_us);
  put_varint(to, record.skip.size());
  for (const log::Seq seq : record.skip) put_varint(to, seq);
  put_flag(to, record.failure.has_value());
  if (record.failure) put(to, *record.failure);
}

GenerationRecord generation(Reader& in, bool& known) {
  GenerationRecord record;
  record.number = in.number();
  record.state = static_cast<State>(in.byte());
  known = known && record.state >= State::building && record.state <= State::detached;
  record.code = code_reference(in, known);
  record.options.resize(in.count());
  for (auto& [name, value] : record.options) {
    name = in.text();
    value = in.text();
  }
  record.hold = in.flag();
  record.returning = in.flag();
  record.slice.collections = in.texts();
  record.slice.dids = in.texts();
  record.until = in.number();
  record.retired = in.number();
  record.created_us = in.time();
  record.skip.resize(in.count());
  for (log::Seq& seq : record.skip) seq = in.number();
  if (in.flag()) record.failure = failure(in);
  return record;
}

Error malformed(std::string_view what, std::string_view key) {
  return {Errc::corrupt, "the catalog's record of " + std::string(what) + " '" + std::string(key) +
                             "' cannot be read; restore catalog/ from a backup"};
}

}  // namespace

std::string_view name(State state) noexcept {
  switch (state) {
    case State::building: return "building";
    case State::ready: return "ready";
    case State::live: return "live";
    case State::retired: return "retired";
    case State::detached: return "detached";
  }
  return "unknown";
}

std::string_view name(RunsIn runs_in) noexcept {
  return runs_in == RunsIn::process ? "process" : "thread";
}

const GenerationRecord* ProjectionRecord::find(std::uint64_t number) const noexcept {
  for (const GenerationRecord& one : generations) {
    if (one.number == number) return &one;
  }
  return nullptr;
}

GenerationRecord* ProjectionRecord::find(std::uint64_t number) noexcept {
  return const_cast<GenerationRecord*>(std::as_const(*this).find(number));
}

Bytes encode(const ProjectionRecord& record) {
  Bytes to;
  put_varint(to, record.current);
  put_varint(to, record.next);
  put_varint(to, record.switches);
  put_flag(to, record.paused);
  put_flag(to, record.keep_warm);
  put_varint(to, record.generations.size());
  for (const GenerationRecord& one : record.generations) put(to, one);
  return to;
}

Result<ProjectionRecord> decode_projection(std::string_view key, ByteView value) {
  Reader in(value);
  ProjectionRecord record;
  record.name = key;
  record.current = in.number();
  record.next = in.number();
  record.switches = in.number();
  record.paused = in.flag();
  record.keep_warm = in.flag();
  bool known = true;
  for (std::uint64_t left = in.count(); left > 0; --left) {
    record.generations.push_back(generation(in, known));
  }
  if (in.finished() && known && record.find(record.current) != nullptr) return record;
  return malformed("projection", key);
}

Bytes encode(const PluginRecord& record) {
  Bytes to;
  put_text(to, record.hash);
  put_text(to, record.origin);
  put_flag(to, record.pinned);
  put_fixed(to, record.staged_us);
  put_sized(to, plugin::encode(record.info));
  return to;
}

Result<PluginRecord> decode_plugin(std::string_view key, ByteView value) {
  Reader in(value);
  PluginRecord record;
  record.file = key;
  record.hash = in.text();
  record.origin = in.text();
  record.pinned = in.flag();
  record.staged_us = in.time();
  const ByteView info = in.bytes();
  if (!in.finished()) return malformed("plugin", key);
  REFOLD_TRY(record.info, plugin::decode_plugin_info(info));
  return record;
}

Bytes encode(const RefusalRecord& record) {
  Bytes to;
  put_text(to, record.origin);
  put_text(to, record.reason);
  put_fixed(to, record.at_us);
  return to;
}

Result<RefusalRecord> decode_refusal(std::string_view key, ByteView value) {
  Reader in(value);
  RefusalRecord record;
  record.hash = key;
  record.origin = in.text();
  record.reason = in.text();
  record.at_us = in.time();
  if (!in.finished()) return malformed("refusal", key);
  return record;
}

}  // namespace refold::projection
