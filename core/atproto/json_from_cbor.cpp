#include <array>
#include <charconv>
#include <cstring>

#include "core/atproto/base64.h"
#include "core/atproto/json.h"
#include "core/atproto/record_walk.h"

namespace refold::atproto {
namespace {

/// What follows the backslash: 0 for bytes that stand for themselves, 'u' for \u00NN.
constexpr auto escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) table[byte] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

/// Whether one of eight bytes has an escape. (May say yes for bytes beyond ASCII: no harm.)
bool may_need_escape(const char* eight) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  std::uint64_t word;
  std::memcpy(&word, eight, sizeof word);
  const std::uint64_t quote = word ^ (ones * '"');
  const std::uint64_t backslash = word ^ (ones * '\\');
  const std::uint64_t found = (word - ones * 0x20) | (quote - ones) | (backslash - ones);
  return (found & (ones * 0x80)) != 0;
}

/// The length of the start of `text` that stands for itself.
std::size_t plain_length(std::string_view text) noexcept {
  std::size_t at = 0;
  while (text.size() - at >= 8 && !may_need_escape(text.data() + at)) at += 8;
  while (at < text.size() && escapes[static_cast<unsigned char>(text[at])] == 0) ++at;
  return at;
}

/// Builds compact JSON from what RecordWalk meets.
class JsonSink {
 public:
  explicit JsonSink(std::string& out) noexcept : out_(out) {}

  void open(cbor::Type type) { out_ += type == cbor::Type::map ? '{' : '['; }
  void close(cbor::Type type) { out_ += type == cbor::Type::map ? '}' : ']'; }
  void entry(bool first) {
    if (!first) out_ += ',';
  }
  void key(std::string_view name, bool first) {
    entry(first);
    text(name);
    out_ += ':';
  }

  void scalar(const cbor::Item& item) {
    switch (item.type) {
      case cbor::Type::text: text(item.text()); break;
      case cbor::Type::unsigned_integer: number(item.value); break;
      case cbor::Type::negative_integer: number(item.signed_value()); break;
      case cbor::Type::boolean: out_ += item.value != 0 ? "true" : "false"; break;
      case cbor::Type::link: link(item.link()); break;
      case cbor::Type::bytes:
        out_ += R"({"$bytes":")";
        append_base64(item.view, out_);
        out_ += R"("})";
        break;
      default: out_ += "null"; break;
    }
  }

 private:
  template <class Integer>
  void number(Integer value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out_.append(digits, end);
  }

  void link(const Cid& cid) {
    constexpr std::string_view before = R"({"$link":")";
    char text[before.size() + cid_text_length + 2];
    std::memcpy(text, before.data(), before.size());
    write_text(cid, text + before.size());
    std::memcpy(text + before.size() + cid_text_length, R"("})", 2);
    out_.append(text, sizeof text);
  }

  void text(std::string_view value) {
    out_ += '"';
    while (true) {
      const std::size_t plain = plain_length(value);
      out_.append(value.data(), plain);
      if (plain == value.size()) break;
      escape(static_cast<unsigned char>(value[plain]));
      value.remove_prefix(plain + 1);
    }
    out_ += '"';
  }

  void escape(unsigned char byte) {
    constexpr char digits[] = "0123456789abcdef";
    out_ += '\\';
    out_ += escapes[byte];
    if (escapes[byte] != 'u') return;
    const char code[4] = {'0', '0', digits[byte >> 4], digits[byte & 15]};
    out_.append(code, sizeof code);
  }

  std::string& out_;
};

/// For those who only want to know whether the walk succeeds.
struct NullSink {
  void open(cbor::Type /*type*/) {}
  void close(cbor::Type /*type*/) {}
  void entry(bool /*first*/) {}
  void key(std::string_view /*name*/, bool /*first*/) {}
  void scalar(const cbor::Item& /*item*/) {}
};

}  // namespace

Result<void> append_json(ByteView record, std::string& out) {
  const std::size_t start = out.size();
  JsonSink sink(out);
  Result<void> result = RecordWalk<JsonSink>(record, sink).run();
  if (result.has_error()) out.resize(start);
  return result;
}

Result<std::string> json_from_cbor(ByteView record) {
  std::string json;
  json.reserve(record.size() + record.size() / 2 + 64);
  REFOLD_CHECK(append_json(record, json));
  return json;
}

Result<void> validate_record(ByteView record) {
  NullSink sink;
  return RecordWalk<NullSink>(record, sink).run();
}

}  // namespace refold::atproto
