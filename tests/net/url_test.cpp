#include "core/net/url.h"

#include <gtest/gtest.h>

#include "core/net/http.h"

namespace refold::net {
namespace {

std::string normal(std::string_view text) {
  const auto url = Url::parse(text);
  return url ? url->text() : "refused";
}
std::string resolved(std::string_view base, std::string_view reference) {
  const auto url = Url::parse(base).value().resolve(reference);
  return url ? url->text() : "refused";
}

TEST(Url, IsBroughtIntoOneForm) {
  EXPECT_EQ(normal("HTTPS://Example.COM"), "https://example.com/");
  EXPECT_EQ(normal("https://example.com:443/a?b=C#d"), "https://example.com/a?b=C");
  EXPECT_EQ(normal("wss://h:8443/xrpc/x?cursor=1"), "wss://h:8443/xrpc/x?cursor=1");
  EXPECT_EQ(normal("http://[::1]:80/"), "http://[::1]/");
  EXPECT_EQ(normal("ws://127.0.0.1?x=/../y"), "ws://127.0.0.1/?x=/../y");
  EXPECT_EQ(normal("http://h/a/./b/../../c/.."), "http://h/");
  EXPECT_EQ(normal("http://h/../../a//b/."), "http://h/a//b/");
  EXPECT_EQ(Url::parse("wss://h").value().port, 443);
  EXPECT_EQ(Url::parse("http://[2001:DB8::1]").value().host, "2001:db8::1");
}

TEST(Url, WhatCannotBeUsedIsRefused) {
  for (const char* text : {"",
                           "example.com",
                           "ftp://h/",
                           "http://",
                           "http:///x",
                           "http://user@h/",
                           "http://a:b@h/",
                           "http://h:0/",
                           "http://h:65536/",
                           "http://h:8x/",
                           "http://h:-1/",
                           "http://h /",
                           "http://h/\r\nX: y",
                           "http://h\xc3\xa9/",
                           "http://[::1",
                           "http://[::1]x/",
                           "http://[gg]/",
                           "http://[1]/",
                           "http://a..b/",
                           "http://.a/",
                           "http://h%41/",
                           "http://h\\x/",
                           "javascript:1"})
    EXPECT_EQ(normal(text), "refused") << text;
  EXPECT_EQ(Url::parse("http://h/" + std::string(url_bytes_max, 'a')).error().code,
            Errc::too_large);
}

TEST(Url, AReferenceIsReadWhereItStands) {
  const std::string base = "https://h:1/a/b?q=1";
  EXPECT_EQ(resolved(base, "https://other/x"), "https://other/x");
  EXPECT_EQ(resolved(base, "//other/x"), "https://other/x");
  EXPECT_EQ(resolved(base, "/x?y"), "https://h:1/x?y");
  EXPECT_EQ(resolved(base, "x"), "https://h:1/a/x");
  EXPECT_EQ(resolved(base, "../x"), "https://h:1/x");
  EXPECT_EQ(resolved(base, "?r=2"), "https://h:1/a/b?r=2");
  EXPECT_EQ(resolved(base, "#f"), base);
  EXPECT_EQ(resolved(base, "file:///etc/passwd"), "refused");
}

TEST(Url, AParameterIsEncoded) {
  const Url url = Url::parse("https://h/a").value();
  EXPECT_EQ(url.with_parameter("did", "did:web:a&b").with_parameter("n", "1").target,
            "/a?did=did%3Aweb%3Aa%26b&n=1");
}

TEST(Target, IsSplitAndDecoded) {
  const Target target = parse_target("/a%20b/c?x=1%2B1&y=a+b&z&x=2").value();
  EXPECT_EQ(target.path, "/a b/c");
  ASSERT_EQ(target.parameters.size(), 4U);
  EXPECT_EQ(target.parameters[0].value, "1+1");
  EXPECT_EQ(target.parameters[1].value, "a b");
  EXPECT_EQ(target.parameters[2].name, "z");
  EXPECT_EQ(target.parameters[3].value, "2");
}

TEST(Target, WhatCouldBeReadInTwoWaysIsRefused) {
  for (const char* text : {"", "a", "*", "http://h/a", "/%", "/%4", "/%4g", "/a%2fb", "/%00",
                           "/%0a", "/\x7f", "/?%", "/?a=%zz"})
    EXPECT_TRUE(parse_target(text).has_error()) << text;
  std::string many = "/?";
  for (int i = 0; i < 257; ++i) many += "a&";
  EXPECT_TRUE(parse_target(many).has_error());
}

TEST(Target, EveryByteComesBackFromItsEncoding) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percent_decoded(percent_encoded(all), true).value(), all);
}

}  // namespace
}  // namespace refold::net
