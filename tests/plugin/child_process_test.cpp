#include "core/plugin/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/plugin/child_stream.h"

namespace refold::plugin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ChildProcess, GetsOfTheEnvironmentWhatItNeedsAndNoSecrets) {
  ::setenv("REFOLD_HTTP_ADMIN_TOKEN", "0123456789abcdef", 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", "hidden", 1);
  ::setenv("TZ", "Mars/Olympus", 1);
  auto child = ChildProcess::start("/usr/bin/env", {}).value();
  Stream output(child.output());
  while (!output.ended()) {
    pollfd asked = output.asked();
    ASSERT_GT(::poll(&asked, 1, 60'000), 0);
    output.take(std::size_t{1} << 16);
  }
  while (!child.ended()) ::usleep(1'000);
  EXPECT_EQ(child.finish(), 0);
  for (const char* const one : {"REFOLD_HTTP_ADMIN_TOKEN", "AWS_SECRET_ACCESS_KEY", "TZ"}) {
    ::unsetenv(one);
  }
  EXPECT_THAT(std::string(output.bytes().begin(), output.bytes().end()),
              AllOf(HasSubstr("TZ=Mars/Olympus\n"), HasSubstr("PATH="),
                    Not(HasSubstr("0123456789abcdef")), Not(HasSubstr("hidden"))));
}

}  // namespace
}  // namespace refold::plugin
