// Lets an exception out of the constructor of a static object.
#include <refold/abi.h>

#include <stdexcept>

namespace {
struct Beans {
  Beans() { throw std::runtime_error("no beans"); }
};
const Beans beans;
}  // namespace
#include "plugin.h"
