#include <gtest/gtest.h>
TEST(Url, Placeholder) { SUCCEED(); }
