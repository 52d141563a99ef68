#include "core/cli/event_line.h"

#include <algorithm>

#include "core/cli/fields.h"
#include "core/cli/text.h"
#include "core/log/change.h"

namespace refold::cli {

using log::Event;
using log::Kind;
using log::Missing;

namespace {

constexpr std::size_t word_columns = 9;
constexpr std::size_t whole_did_columns = 32;         // a did:plc
constexpr std::size_t whole_collection_columns = 28;  // most of them
constexpr std::size_t short_did_columns = 11;
constexpr std::size_t short_collection_columns = 16;
constexpr std::size_t rkey_columns = 13;  // a TID
constexpr std::size_t size_columns = 9;
/// From here on nothing has to be left out.
constexpr std::size_t wide_terminal_columns = 134;
/// Of a narrow line, without seq and collection.
constexpr std::size_t narrow_fixed_columns = 58;

struct Word {
  std::string_view text;
  Colour colour;
};

/// What happened, in one word.
Word word_of(const Event& event) {
  if (event.has(log::flag::redacted)) return {"redacted", Colour::magenta};
  if (event.has(log::flag::late)) return {"late", Colour::dim};
  if (!log::is_record(event.kind)) return {log::name(event.kind), Colour::cyan};
  if (event.has(log::flag::unchanged)) return {"unchanged", Colour::dim};
  switch (log::change_of(event)) {
    case log::Change::added: return {"added", Colour::green};
    case log::Change::replaced: return {"replaced", Colour::yellow};
    case log::Change::removed: return {"removed", Colour::red};
    case log::Change::none: break;
  }
  return {log::name(event.kind), Colour::dim};
}

std::string size_of(const Event& event) {
  if (event.kind == Kind::remove) return "-";
  switch (event.missing) {
    case Missing::no: break;
    case Missing::not_sent: return "not sent";
    case Missing::cid_mismatch: return "bad hash";
    case Missing::too_large: return "too large";
    case Missing::not_data_model: return "bad data";
  }
  return event.record.empty() ? "erased" : byte_text(event.record.size());
}

/// What stands where a record event has its collection and key.
std::string state_of(const Event& event) {
  std::string text = escaped(event.handle);
  if (event.kind == Kind::account) text = event.active ? "active" : "not active";
  if (!event.status.empty()) text += (text.empty() ? "" : ", ") + escaped(event.status);
  return text;
}

}  // namespace

EventLine::EventLine(Terminal terminal, log::Seq largest_seq)
    : terminal_(terminal),
      narrow_(terminal.columns != 0 && terminal.columns < wide_terminal_columns),
      seq_columns_(grouped(largest_seq).size()),
      did_columns_(narrow_ ? short_did_columns : whole_did_columns),
      collection_columns_(whole_collection_columns),
      gap_(narrow_ ? " " : "  ") {
  if (!narrow_) return;
  const std::size_t others = narrow_fixed_columns + seq_columns_;
  const std::size_t left = terminal.columns > others ? terminal.columns - others : 0;
  collection_columns_ = std::clamp(left, short_collection_columns, whole_collection_columns);
}

void EventLine::append(std::string& out, const Event& event) const {
  const Word word = word_of(event);
  out += padded_left(grouped(event.seq), seq_columns_);
  out += gap_;
  out += terminal_.paint(Colour::dim, time_of(event));
  out += gap_;
  out += terminal_.paint(word.colour, padded(std::string(word.text), word_columns));
  out += gap_;
  out += padded(did_of(event), did_columns_);
  out += gap_;
  if (log::is_record(event.kind)) {
    out += padded(collection_of(event), collection_columns_);
    out += gap_;
    out += padded(escaped(event.rkey), rkey_columns);
    out += gap_;
    out += padded_left(size_of(event), size_columns);
  } else {
    out += state_of(event);
  }
  out += '\n';
}

std::string EventLine::time_of(const Event& event) const {
  const std::string time = short_time_text(event.witness_us);
  constexpr std::size_t date_length = sizeof("2026-11-22T") - 1;
  constexpr std::size_t clock_length = sizeof("08:20:49") - 1;
  return narrow_ && time.size() > date_length ? time.substr(date_length, clock_length) : time;
}

std::string EventLine::did_of(const Event& event) const {
  std::string did = escaped(event.did);
  if (!narrow_) return did;
  constexpr std::string_view method = "did:plc:";
  if (did.starts_with(method)) did.erase(0, method.size());
  if (did.size() <= did_columns_) return did;
  constexpr std::size_t kept_at_the_end = 5;
  return did.substr(0, did_columns_ - kept_at_the_end - 2) + ".." +
         did.substr(did.size() - kept_at_the_end);
}

std::string EventLine::collection_of(const Event& event) const {
  std::string collection = escaped(event.collection);
  if (!narrow_ || collection.size() <= collection_columns_) return collection;
  return ".." + collection.substr(collection.size() + 2 - collection_columns_);
}

}  // namespace refold::cli
