#include <algorithm>
#include <cmath>
#include <vector>

#include "core/atproto/base64.h"
#include "core/atproto/cbor.h"
#include "core/atproto/json.h"
#include "core/atproto/object_rules.h"
#include "core/atproto/quote.h"

namespace refold::atproto {
namespace {

namespace dom = simdjson::dom;
using Kind = ObjectRules::Kind;

/// A field of an object, to be sorted.
struct Field {
  std::string_view key;
  dom::element value;
};

/// Beyond these, memory is given back after a conversion and not kept for the thread's next one.
constexpr std::size_t kept_fields_max = 4096;
constexpr std::size_t kept_text_max = std::size_t{1} << 16;

/// Integers up to here are exact as floating point numbers (and in JavaScript).
constexpr double exact_double_max = 9007199254740992.0;  // 2^53

/// A key as a part of a path in an error message.
std::string path_part(std::string_view key) {
  const std::string shown = quoted(key);
  const bool plain = shown.size() == key.size() + 2 && key.find_first_of(". :") == key.npos;
  return plain ? std::string(key) : shown;
}

/// One conversion. Recursion is bounded by cbor::depth_max.
class RecordWriter {
 public:
  /// `fields` is memory to work in, empty at the start and at the end.
  RecordWriter(Bytes& out, std::vector<Field>& fields) noexcept : writer_(out), fields_(fields) {}

  [[nodiscard]] bool value(const dom::element& element, Kind& kind) {
    switch (element.type()) {
      case dom::element_type::STRING: kind = Kind::text; return text(string_of(element));
      case dom::element_type::OBJECT: return object(element.get_object().value_unsafe(), kind);
      case dom::element_type::ARRAY: return array(element.get_array().value_unsafe());
      case dom::element_type::INT64:
        kind = Kind::integer;
        writer_.integer(element.get_int64().value_unsafe());
        return true;
      case dom::element_type::UINT64:
        kind = Kind::integer;
        writer_.unsigned_integer(element.get_uint64().value_unsafe());
        return true;
      case dom::element_type::DOUBLE:
        kind = Kind::integer;
        return number(element.get_double().value_unsafe());
      case dom::element_type::BOOL: writer_.boolean(element.get_bool().value_unsafe()); return true;
      case dom::element_type::NULL_VALUE: writer_.null(); return true;
    }
    return fail("a value of an unknown kind");
  }

  /// After value() returned false: "subject.cid: RULE".
  [[nodiscard]] Error error() && { return {code_, path_.empty() ? rule_ : path_ + ": " + rule_}; }

 private:
  static std::string_view string_of(const dom::element& element) noexcept {
    return element.get_string().value_unsafe();
  }

  bool fail(std::string rule, Errc code = Errc::invalid) {
    rule_ = std::move(rule);
    code_ = code;
    return false;
  }

  /// Called on the way back from a failure, innermost first.
  bool failed_in(const std::string& part) {
    path_ = path_.empty() || path_[0] == '[' ? part + path_ : part + "." + path_;
    return false;
  }

  bool text(std::string_view value) {
    writer_.text(value);  // valid UTF-8: the parser refuses all else, half surrogate pairs included
    return true;
  }

  bool number(double value) {
    if (std::trunc(value) != value) {
      return fail("number " + std::to_string(value) + " is not an integer");
    }
    if (std::abs(value) > exact_double_max) {
      return fail("an integer beyond 2^53 must be written in digits alone to be exact");
    }
    writer_.integer(static_cast<std::int64_t>(value));
    return true;
  }

  bool too_deep() {
    return depth_ == cbor::depth_max &&
           !fail("nested deeper than " + std::to_string(cbor::depth_max) + " levels",
                 Errc::too_large);
  }

  bool array(const dom::array& items) {
    if (too_deep()) return false;
    std::size_t count = items.size();
    if (count >= 0xffffff) {  // what simdjson says for "this, or more"
      count = static_cast<std::size_t>(std::distance(items.begin(), items.end()));
    }
    ++depth_;
    writer_.array(count);
    std::size_t index = 0;
    for (const dom::element item : items) {
      Kind kind = Kind::other;
      if (!value(item, kind)) return failed_in("[" + std::to_string(index) + "]");
      ++index;
    }
    --depth_;
    return true;
  }

  bool object(const dom::object& source, Kind& kind) {
    const std::size_t start = fields_.size();
    for (const dom::key_value_pair field : source) fields_.push_back({field.key, field.value});
    const std::size_t count = fields_.size() - start;
    if (count == 1 && fields_[start].key == "$link") {
      kind = Kind::link;
      return link(fields_[start].value) || failed_in("$link");
    }
    if (count == 1 && fields_[start].key == "$bytes") {
      return bytes(fields_[start].value) || failed_in("$bytes");
    }
    if (too_deep() || !sort_fields(start)) return false;
    ++depth_;
    writer_.map(count);
    if (!write_fields(start, count)) return false;
    --depth_;
    fields_.resize(start);
    return true;
  }

  bool sort_fields(std::size_t start) {
    const auto first = fields_.begin() + static_cast<std::ptrdiff_t>(start);
    std::sort(first, fields_.end(), [](const Field& a, const Field& b) {
      return cbor::canonical_key_less(a.key, b.key);
    });
    const auto twice = std::adjacent_find(
        first, fields_.end(), [](const Field& a, const Field& b) { return a.key == b.key; });
    return twice == fields_.end() || fail("key " + quoted(twice->key) + " occurs twice");
  }

  /// Writes the fields from `start` on. By index: the values inside use the same memory.
  bool write_fields(std::size_t start, std::size_t count) {
    ObjectRules rules;
    for (std::size_t i = start; i < start + count; ++i) {
      const Field field = fields_[i];
      writer_.key(field.key);
      Kind kind = Kind::other;
      if (!value(field.value, kind)) return failed_in(path_part(field.key));
      rules.note(field.key, kind, kind == Kind::text ? string_of(field.value) : "");
    }
    return rules.broken() == nullptr || fail(rules.broken());
  }

  bool link(const dom::element& value) {
    fields_.pop_back();
    if (!value.is_string()) return fail("the value is not a text");
    Cid cid;
    if (!read_text(string_of(value), cid)) return fail(parse_cid(string_of(value)).error().message);
    writer_.link(cid);
    return true;
  }

  bool bytes(const dom::element& value) {
    fields_.pop_back();
    if (!value.is_string()) return fail("the value is not a text");
    decoded_.clear();
    if (!read_base64(string_of(value), decoded_)) {
      return fail(quoted(string_of(value)) + " is not base64 (standard alphabet)");
    }
    writer_.bytes(decoded_);
    return true;
  }

  cbor::Writer writer_;
  std::vector<Field>& fields_;
  Bytes decoded_;
  std::uint32_t depth_ = 0;
  Errc code_ = Errc::invalid;
  std::string rule_;
  std::string path_;
};

Result<Bytes> parse_and_convert(dom::parser& parser, std::string_view text) {
  dom::element record;
  const simdjson::error_code failure = parser.parse(text.data(), text.size()).get(record);
  if (failure == simdjson::SUCCESS) return cbor_from_json(record);
  const bool too_deep = failure == simdjson::DEPTH_ERROR;
  return Error{too_deep ? Errc::too_large : Errc::invalid,
               std::string("not JSON: ") + simdjson::error_message(failure)};
}

}  // namespace

Result<Bytes> cbor_from_json(const dom::element& record) {
  if (!record.is_object()) return Error{Errc::invalid, "a record must be an object"};
  thread_local std::vector<Field> fields;
  fields.clear();
  Bytes out;
  out.reserve(512);
  RecordWriter writer(out, fields);
  Kind kind = Kind::other;
  const bool written = writer.value(record, kind);
  if (fields.capacity() > kept_fields_max) fields = {};
  if (!written) return std::move(writer).error();
  if (kind == Kind::link || out[0] >> 5 != 5) {
    return Error{Errc::invalid, "a record must be an object, not a link or bytes"};
  }
  if (out.size() > record_bytes_max) {
    return Error{Errc::too_large, "the record has " + std::to_string(out.size()) +
                                      " bytes as DAG-CBOR; the limit is " +
                                      std::to_string(record_bytes_max)};
  }
  return out;
}

Result<Bytes> cbor_from_json(std::string_view text) {
  if (text.size() > json_bytes_max) {
    return Error{Errc::too_large, "the JSON text has " + std::to_string(text.size()) +
                                      " bytes; the limit is " + std::to_string(json_bytes_max)};
  }
  if (text.size() > kept_text_max) {
    dom::parser parser;
    return parse_and_convert(parser, text);
  }
  thread_local dom::parser parser;
  return parse_and_convert(parser, text);
}

}  // namespace refold::atproto
