#include "core/isolation/messages.h"

#include <algorithm>

#include "core/base/characters.h"
#include "core/base/wire.h"
#include "core/projection/answerer.h"

namespace refold::isolation {
namespace {

using projection::Activity;
using projection::Failure;
using projection::RowRequest;

constexpr std::size_t message_bytes_max = 8192;
constexpr std::size_t line_bytes_max = 8192;
constexpr std::size_t uri_bytes_max = 8192;

/// For people: cut off, not refused.
void put_words(Bytes& to, std::string_view text) {
  put_sized(to, text.substr(0, message_bytes_max));
}
std::string words(WireReader& wire) { return escaped_once(wire.sized_text(message_bytes_max)); }

void put_error(Bytes& to, const Error& error) {
  put_fixed(to, static_cast<std::uint8_t>(error.code));
  put_words(to, error.message);
}
Error error(WireReader& wire) {
  const auto code = wire.fixed<std::uint8_t>();
  const bool known = code <= static_cast<std::uint8_t>(Errc::unsupported);
  return {known ? static_cast<Errc>(code) : Errc::invalid, words(wire)};
}

bool decode_answer(WireReader& wire, std::optional<Result<Texts>>& to) {
  if (wire.fixed<std::uint8_t>() == 0) {
    to.emplace(error(wire));
    return wire.finished();
  }
  Texts texts;
  const std::uint64_t count = wire.varint();
  if (count > projection::rows_shown_max + 1) return false;
  for (std::uint64_t left = count; left > 0 && !wire.failed(); --left) {
    texts.emplace_back(wire.sized_text(REFOLD_ANSWER_MAX));
  }
  to.emplace(std::move(texts));
  return wire.finished();
}

}  // namespace

Bytes encode(const QueryRequest& request) {
  Bytes to;
  put_varint(to, request.query);
  put_varint(to, request.arguments.size());
  for (const std::string& one : request.arguments) put_sized(to, one);
  return to;
}

bool decode(ByteView content, QueryRequest& to) {
  WireReader wire(content);
  to.query = static_cast<std::uint32_t>(wire.varint());
  for (std::uint64_t left = wire.varint(); left > 0 && !wire.failed(); --left) {
    to.arguments.emplace_back(wire.sized_text(order_bytes_max));
  }
  return wire.finished();
}

Bytes encode(const RowRequest& request) {
  Bytes to;
  put_varint(to, request.table);
  put_sized(to, request.from);
  put_sized(to, request.until);
  put_varint(to, request.backwards ? 1 : 0);
  put_varint(to, request.count_max);
  put_varint(to, request.tell_next ? 1 : 0);
  return to;
}

bool decode(ByteView content, RowRequest& to) {
  WireReader wire(content);
  to.table = static_cast<std::uint32_t>(wire.varint());
  const ByteView from = wire.sized(order_bytes_max);
  const ByteView until = wire.sized(order_bytes_max);
  to.from.assign(from.begin(), from.end());
  to.until.assign(until.begin(), until.end());
  to.backwards = wire.varint() != 0;
  to.count_max = wire.varint();
  to.tell_next = wire.varint() != 0;
  return wire.finished();
}

Bytes encode(const Telling& telling) {
  Bytes to;
  put_fixed(to, static_cast<std::uint8_t>(telling.activity));
  put_words(to, telling.why);
  return to;
}

bool decode(ByteView content, Telling& to) {
  WireReader wire(content);
  const auto activity = wire.fixed<std::uint8_t>();
  to.why = words(wire);
  if (activity > static_cast<std::uint8_t>(Activity::failed)) return false;
  to.activity = static_cast<Activity>(activity);
  return wire.finished();
}

Bytes encode(const Failure& failure) {
  Bytes to;
  put_varint(to, failure.seq);
  put_sized(to, std::string_view(failure.uri).substr(0, uri_bytes_max));
  put_words(to, failure.message);
  return to;
}

bool decode(ByteView content, Failure& to) {
  WireReader wire(content);
  to.seq = wire.varint();
  to.uri = escaped_once(wire.sized_text(uri_bytes_max));
  to.message = words(wire);
  return wire.finished();
}

Bytes encode(const WrittenRow& written) {
  Bytes to;
  put_varint(to, written.seq);
  put_varint(to, written.row ? 1 : 0);
  put_sized(to, written.row.value_or(ByteView()));
  return to;
}

bool decode(ByteView content, WrittenRow& to) {
  WireReader wire(content);
  to.seq = wire.varint();
  const bool there = wire.varint() != 0;
  const ByteView row = wire.sized(REFOLD_ROW_MAX);
  if (there) to.row = row;
  return wire.finished();
}

Bytes encode(const Line& line) {
  Bytes to;
  put_fixed(to, static_cast<std::uint8_t>(line.level));
  put_sized(to, std::string_view(line.text).substr(0, line_bytes_max));
  return to;
}

bool decode(ByteView content, Line& to) {
  WireReader wire(content);
  to.level = std::min<int>(wire.fixed<std::uint8_t>(), REFOLD_ERROR);
  to.text = escaped_once(wire.sized_text(line_bytes_max));
  return wire.finished();
}

Bytes encode(const Result<Texts>& answer) {
  Bytes to;
  put_fixed(to, static_cast<std::uint8_t>(answer.has_value()));
  if (answer.has_error()) {
    put_error(to, answer.error());
    return to;
  }
  put_varint(to, answer->size());
  for (const std::string& text : *answer) put_sized(to, text);
  return to;
}

bool decode(ByteView content, std::optional<Result<Texts>>& to) {
  WireReader wire(content);
  if (decode_answer(wire, to)) return true;
  to.reset();
  return false;
}

Bytes encode(const Error& error) {
  Bytes to;
  put_error(to, error);
  return to;
}

bool decode(ByteView content, Error& to) {
  WireReader wire(content);
  to = error(wire);
  return wire.finished();
}

Bytes encode_number(std::uint64_t number) {
  Bytes to;
  put_varint(to, number);
  return to;
}

bool decode_number(ByteView content, std::uint64_t& to) {
  WireReader wire(content);
  to = wire.varint();
  return wire.finished();
}

}  // namespace refold::isolation
