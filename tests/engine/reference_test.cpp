#include "core/engine/config/template.h"
#include "core/engine/doctor/doctor.h"
#include "tests/engine/config_fixture.h"

namespace refold::engine {
namespace {

const std::string guide_page = content_of(REFOLD_SOURCE_DIR "/docs/operating.md");

TEST(OperatingGuide, HasEveryKeyAsTheProgramKnowsIt) {
  EXPECT_NE(guide_page.find(config_reference()), std::string::npos) << config_reference();
}

TEST(OperatingGuide, HasEveryCheckOfTheDoctorAndEveryPart) {
  const TempFolder folder;
  Patient patient;
  patient.environment = {{"REFOLD_DATA", (folder / "none").string()}};
  for (const Finding& one : examine(patient)) {
    EXPECT_THAT(guide_page, HasSubstr("| " + one.check + " |"));
  }
  for (const std::string& part : logging_parts()) EXPECT_THAT(guide_page, HasSubstr("`" + part));
}

TEST(OperatingGuide, ItsExampleIsRight) {
  const auto begin = guide_page.find("```toml\n") + 8;
  const TempFolder folder;
  std::ofstream(folder / "refold.toml")
      << guide_page.substr(begin, guide_page.find("```", begin) - begin);
  const auto read = config_of(read_config(folder / "refold.toml", {}));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->sources.size(), 1U);
  EXPECT_EQ(read->projections.size(), 1U);
}

}  // namespace
}  // namespace refold::engine
