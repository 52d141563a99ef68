#include "core/base/json_writer.h"

#include <array>
#include <cstdio>

#include "core/base/characters.h"

namespace refold {

namespace {

/// For codes below U+10000 only: everything that needs it lies there.
void append_code(std::string& out, char32_t code) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(code & 0xffffU));
  out += text.data();
}

bool unsafe(const Character& character) {
  return character.code == 0x7f || acts_on_terminals(character.code);
}

/// Plain ASCII that needs no look.
bool plain(char character) {
  return character >= 0x20 && character < 0x7f && character != '"' && character != '\\';
}

}  // namespace

void JsonWriter::begin_value() {
  if (comma_) out_ += ',';
  comma_ = true;
}

std::string& JsonWriter::value() {
  begin_value();
  return out_;
}

JsonWriter& JsonWriter::open(char bracket) {
  begin_value();
  out_ += bracket;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view key) {
  text(key);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  begin_value();
  out_ += '"';
  while (!value.empty()) {
    std::size_t run = 0;
    while (run < value.size() && plain(value[run])) ++run;
    out_ += value.substr(0, run);
    value.remove_prefix(run);
    if (value.empty()) break;
    const Character next = first_character(value);
    if (!next.valid) {
      out_ += "\\ufffd";
    } else if (next.code == '"' || next.code == '\\') {
      out_ += '\\';
      out_ += value[0];
    } else if (next.code < 0x20 || unsafe(next)) {
      append_code(out_, next.code);
    } else {
      out_ += value.substr(0, next.size);
    }
    value.remove_prefix(next.size);
  }
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  begin_value();
  out_ += std::to_string(value);
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
  begin_value();
  out_ += std::to_string(value);
  return *this;
}

JsonWriter& JsonWriter::decimal(double value) {
  begin_value();
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3f", value);
  out_ += text.data();
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  begin_value();
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  begin_value();
  out_ += "null";
  return *this;
}

void make_safe(std::string& json, std::size_t from) {
  const auto harmless = [](char character) { return character >= 0 && character != 0x7f; };
  std::size_t at = from;
  while (at < json.size() && harmless(json[at])) ++at;
  if (at == json.size()) return;

  std::string tail = json.substr(at);
  json.resize(at);
  std::string_view left = tail;
  while (!left.empty()) {
    const Character next = first_character(left);
    if (next.valid && unsafe(next)) {
      append_code(json, next.code);
    } else {
      json += left.substr(0, next.size);
    }
    left.remove_prefix(next.size);
  }
}

}  // namespace refold
