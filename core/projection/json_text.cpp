#include "core/projection/json_text.h"

#include <simdjson.h>

#include <string>

namespace refold::projection {

Result<void> check_json(std::string_view text) {
  if (text.empty()) return Error{Errc::invalid, "it answered nothing, where JSON is expected"};
  // Answers are rare beside events: a parser for each keeps no memory of the largest one.
  simdjson::dom::parser parser;
  const auto error = parser.parse(simdjson::padded_string(text)).error();
  if (error == simdjson::SUCCESS) return ok();
  return Error{Errc::invalid,
               std::string("its answer is not JSON: ") + simdjson::error_message(error)};
}

}  // namespace refold::projection
