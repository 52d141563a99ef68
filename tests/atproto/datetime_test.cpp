#include "core/atproto/datetime.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <random>

#include "core/atproto/calendar.h"
#include "tests/atproto/test_data.h"

namespace refold::atproto {
namespace {

constexpr DatetimeForm forms[datetime_forms] = {DatetimeForm::seconds, DatetimeForm::millis,
                                                DatetimeForm::micros, DatetimeForm::millis_offset};

std::string text_of_instant(DatetimeForm form, std::int64_t micros) {
  char text[datetime_exact_length_max];
  return {text, write_exact(form, micros, text)};
}

/// The same by the standard library.
std::string slow_text(DatetimeForm form, std::int64_t micros) {
  using namespace std::chrono;
  const sys_time<microseconds> instant{microseconds(micros)};
  const auto day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss time{instant - day};
  const auto fraction = static_cast<int>(time.subseconds().count());
  char text[64];
  const int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  std::string result(text, static_cast<std::size_t>(length));
  if (form == DatetimeForm::seconds) return result + "Z";
  std::snprintf(text, sizeof text, ".%06d", fraction);
  result += std::string(text, form == DatetimeForm::micros ? 7 : 4);
  return result + (form == DatetimeForm::millis_offset ? "+00:00" : "Z");
}

TEST(Calendar, EveryDayOfTenThousandYearsIsTheStandardLibrarys) {
  using namespace std::chrono;
  const sys_days first = year(0) / January / 1;
  const sys_days last = year(9999) / December / 31;
  for (sys_days day = first; day <= last; day += days(1)) {
    const year_month_day expected{day};
    const auto number = static_cast<std::int32_t>(day.time_since_epoch().count());
    const CivilDate date = civil_date(number);
    ASSERT_EQ(date.year, static_cast<std::uint32_t>(static_cast<int>(expected.year())));
    ASSERT_EQ(date.month, static_cast<unsigned>(expected.month()));
    ASSERT_EQ(date.day, static_cast<unsigned>(expected.day()));
    ASSERT_EQ(days_of(date), number);
    ASSERT_TRUE(exists(date));
  }
}

TEST(Datetime, TheFastTextIsTheStandardLibrarysAndIsReadBack) {
  std::mt19937_64 random(6);
  std::uniform_int_distribution<std::int64_t> any(datetime_micros_min, datetime_micros_max);
  for (int i = 0; i < 50'000; ++i) {
    const std::int64_t micros = i == 0   ? datetime_micros_min
                                : i == 1 ? datetime_micros_max
                                         : any(random);
    for (const DatetimeForm form : forms) {
      const std::string text = text_of_instant(form, micros);
      ASSERT_EQ(text, slow_text(form, micros)) << micros;
      DatetimeForm form_back;
      std::int64_t micros_back = 0;
      ASSERT_TRUE(read_exact(text, form_back, micros_back)) << text;
      ASSERT_EQ(form_back, form);
      ASSERT_EQ(text_of_instant(form_back, micros_back), text);
      ASSERT_EQ(parse_datetime(text), micros_back) << text;
    }
  }
}

TEST(Datetime, ReadExactTakesNoTextThatWriteExactWouldNotGiveBack) {
  std::mt19937_64 random(7);
  int taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = slow_text(forms[i % 4], 1'700'000'000'000'000 + i * 1'234'567'891LL);
    text[random() % text.size()] = static_cast<char>(" -+.:0123456789TZ\xff"[random() % 18]);
    DatetimeForm form;
    std::int64_t micros = 0;
    if (!read_exact(text, form, micros)) continue;
    ++taken;
    ASSERT_EQ(text_of_instant(form, micros), text);
  }
  EXPECT_GT(taken, 1'000);  // the loop did test something
}

TEST(Datetime, ReadExactLeavesOtherFormsAlone) {
  DatetimeForm form = DatetimeForm::micros;
  std::int64_t micros = 42;
  for (const char* text : {"", "2026-11-22", "2026-11-22T08:20:53.04Z", "2026-11-22T08:20:53+00:00",
                           "2026-11-22T08:20:53.041-00:00", "2026-11-22T08:20:53.041+01:00",
                           "2026-02-30T08:20:53Z", "2026-11-22T24:00:00Z", "2026-11-22T08:20:60Z",
                           "2026-11-22T08:20:53.041097+00:00", "2026-11-22t08:20:53z"}) {
    EXPECT_FALSE(read_exact(text, form, micros)) << text;
  }
  EXPECT_EQ(form, DatetimeForm::micros);
  EXPECT_EQ(micros, 42);
}

TEST(Datetime, AnInstantIsInUtcAndCutOffAfterMicroseconds) {
  EXPECT_EQ(parse_datetime("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_datetime("1970-01-01T00:00:00.1Z"), 100'000);
  EXPECT_EQ(parse_datetime("1970-01-01T00:00:00.1234569999Z"), 123'456);
  EXPECT_EQ(parse_datetime("1970-01-01T01:45:00.5+01:45"), 500'000);
  EXPECT_EQ(parse_datetime("1969-12-31T17:00:00-07:00"), 0);
  EXPECT_EQ(parse_datetime("1969-12-31T23:59:59.999Z"), -1'000);
  EXPECT_EQ(parse_datetime("0000-01-01T00:00:00Z"), datetime_micros_min);
  EXPECT_EQ(parse_datetime("9999-12-31T23:59:59.999999Z"), datetime_micros_max);
}

TEST(Datetime, WhatTheCalendarDoesNotHaveIsRefused) {
  for (const char* text :
       {"2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T08:20:60Z", "2026-11-22T08:20:00+24:00",
        "2026-11-22T08:20:00+00:60", "0000-01-01T00:00:00+00:01"}) {
    EXPECT_FALSE(valid_datetime(text)) << text;
  }
  EXPECT_TRUE(valid_datetime("2024-02-29T00:00:00Z"));
  EXPECT_TRUE(valid_datetime("2000-02-29T00:00:00Z"));
}

TEST(Datetime, TheFractionHasOneToTwentyDigits) {
  EXPECT_TRUE(valid_datetime("2026-11-22T08:20:53." + std::string(20, '9') + "Z"));
  EXPECT_FALSE(valid_datetime("2026-11-22T08:20:53." + std::string(21, '9') + "Z"));
  EXPECT_FALSE(valid_datetime("2026-11-22T08:20:53."));
  EXPECT_FALSE(valid_datetime("2026-11-22T08:20:53.1"));
}

TEST(Datetime, AWildNumberIsWrittenWithinItsLength) {
  for (const std::int64_t micros :
       {INT64_MIN, INT64_MAX, datetime_micros_min - 1, datetime_micros_max + 1}) {
    EXPECT_EQ(text_of_instant(DatetimeForm::micros, micros).size(), 27U);
  }
}

TEST(Datetime, TheInteroperabilityVectors) {
  const auto folder = test::data_folder() / "atproto-interop" / "syntax";
  REFOLD_NEEDS_DATA(folder);
  for (const auto& text : test::vectors_of(folder / "datetime_syntax_valid.txt")) {
    EXPECT_TRUE(valid_datetime(text)) << text;
  }
  for (const char* file : {"datetime_syntax_invalid.txt", "datetime_parse_invalid.txt"}) {
    for (const auto& text : test::vectors_of(folder / file))
      EXPECT_FALSE(valid_datetime(text)) << text;
  }
}

}  // namespace
}  // namespace refold::atproto
