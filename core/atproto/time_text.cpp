#include "core/atproto/time_text.h"

#include <array>

#include "core/atproto/datetime.h"

namespace refold::atproto {

namespace {

std::string time_in(DatetimeForm form, std::int64_t micros) {
  if (micros < datetime_micros_min || micros > datetime_micros_max) return std::to_string(micros);
  std::array<char, datetime_exact_length_max> out{};
  return {out.data(), write_exact(form, micros, out.data())};
}

}  // namespace

std::string time_text(std::int64_t micros) { return time_in(DatetimeForm::micros, micros); }

std::string short_time_text(std::int64_t micros) { return time_in(DatetimeForm::millis, micros); }

}  // namespace refold::atproto
