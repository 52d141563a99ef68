#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/plugin/manifest.h"

namespace refold::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

OptionInfo option(const std::string& name, std::uint32_t type,
                  std::optional<std::string> fallback = std::nullopt) {
  OptionInfo info;
  info.name = name;
  info.type = type;
  info.least = -5;
  info.most = 5;
  info.fallback = std::move(fallback);
  return info;
}

std::string canonical(std::uint32_t type, std::string_view value) {
  return canonical_value(option("x", type), value).value();
}
std::string complaint(std::uint32_t type, std::string_view value) {
  const auto result = canonical_value(option("x", type), value);
  return result.has_error() ? result.error().message : "accepted as " + *result;
}

TEST(Options, ATextIsWhatItIsUpToItsBound) {
  EXPECT_EQ(canonical(REFOLD_TEXT, ""), "");
  EXPECT_EQ(canonical(REFOLD_TEXT, "beans"), "beans");
  EXPECT_EQ(complaint(REFOLD_TEXT, "coffee"), "\"coffee\" has 6 bytes, at most 5 may be");
  EXPECT_EQ(complaint(REFOLD_TEXT, "\xff"), "\"\\xff\" is not UTF-8");
  OptionInfo unbounded = option("x", REFOLD_TEXT);
  unbounded.most = INT64_MAX;
  EXPECT_TRUE(canonical_value(unbounded, std::string(option_bytes_max, 'a')).has_value());
  EXPECT_TRUE(canonical_value(unbounded, std::string(option_bytes_max + 1, 'a')).has_error());
}

TEST(Options, AnIntegerHasOneForm) {
  EXPECT_EQ(canonical(REFOLD_INTEGER, "-5"), "-5");
  EXPECT_EQ(canonical(REFOLD_INTEGER, "0"), "0");
  for (const char* bad :
       {"6", "-6", "", "+1", "01", "-0", "0x1", "1.0", " 1", "1 ", "one", "99999999999999999999"}) {
    EXPECT_THAT(complaint(REFOLD_INTEGER, bad), HasSubstr("is not a whole number from -5 to 5"));
  }
}

TEST(Options, ABooleanIsTrueOrFalse) {
  EXPECT_EQ(canonical(REFOLD_BOOLEAN, "true"), "true");
  EXPECT_EQ(canonical(REFOLD_BOOLEAN, "false"), "false");
  for (const char* bad : {"yes", "1", "True", ""}) {
    EXPECT_THAT(complaint(REFOLD_BOOLEAN, bad), HasSubstr("is neither true nor false"));
  }
}

TEST(Options, ATimeBecomesMicrosecondsAndStaysSo) {
  EXPECT_EQ(canonical(REFOLD_TIME, "1970-01-01T00:00:01Z"), "1000000");
  EXPECT_EQ(canonical(REFOLD_TIME, "2026-01-31T13:00:00.5+01:00"), "1769860800500000");
  EXPECT_EQ(canonical(REFOLD_TIME, "1769860800500000"), "1769860800500000");
  EXPECT_EQ(canonical(REFOLD_TIME, "-1"), "-1");
  for (const char* bad : {"", "now", "2026-01-31", "2026-02-30T12:00:00Z", "9999999999999999999"}) {
    EXPECT_THAT(complaint(REFOLD_TIME, bad), HasSubstr("is not a time (2026-01-31T12:00:00Z"));
  }
}

const std::vector<OptionInfo> declared = {option("from", REFOLD_TIME, "1970-01-01T00:00:01Z"),
                                          option("limit", REFOLD_INTEGER, "3"),
                                          option("name", REFOLD_TEXT)};

std::string all_complaint(const std::vector<std::pair<std::string, std::string>>& given) {
  const auto result = canonical_options(declared, given);
  return result.has_error() ? result.error().message : "accepted";
}

TEST(Options, ComeInTheOrderOfTheirDeclarationWithFallbacks) {
  EXPECT_THAT(canonical_options(declared, {{"name", "a"}, {"limit", "5"}}).value(),
              ElementsAre("1000000", "5", "a"));
}

TEST(Options, WhatIsWrongIsNamed) {
  EXPECT_EQ(all_complaint({}), "option \"name\" must be given");
  EXPECT_EQ(all_complaint({{"nmae", "a"}}),
            "there is no option \"nmae\"; there are: from, limit, name");
  EXPECT_EQ(all_complaint({{"name", "a"}, {"name", "a"}}), "option \"name\" is given twice");
  EXPECT_EQ(all_complaint({{"name", "a"}, {"limit", "x"}}),
            "option \"limit\": \"x\" is not a whole number from -5 to 5");
  EXPECT_EQ(canonical_options({}, {{"a", "b"}}, "parameter").error().message,
            "there is no parameter \"a\"");
}

}  // namespace
}  // namespace refold::plugin
