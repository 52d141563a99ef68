#pragma once

#include <cstdint>
#include <refold/testing.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace refold::test {

/// A projection outside of any engine, whose tables can be used from a test.
template <class P>
class Scratch {
 public:
  explicit Scratch(testing::MemoryHost::Call call = testing::MemoryHost::Call::apply)
      : host_(detail::instance_of(projection_).tables.size(), {}) {
    begin(call);
  }
  void begin(testing::MemoryHost::Call call) {
    host_.begin(call);
    detail::instance_of(projection_).host = host_.abi();
  }
  P* operator->() { return &projection_; }
  testing::MemoryHost& host() { return host_; }
  testing::Rows& rows(std::size_t table) { return host_.tables()[table]; }

 private:
  P projection_;
  testing::MemoryHost host_;
};

/// The bytes of a literal, zeros in it included.
template <std::size_t Size>
std::string bytes(const char (&literal)[Size]) {
  return {literal, Size - 1};
}

}  // namespace refold::test
