#include "core/plugin/boundary.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>

#include "core/base/characters.h"

namespace refold::plugin {
namespace {

/// The type of the exception that is being handled, as the source spells it.
std::string type_text() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "of an unknown type";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free);
  return escaped(status == 0 ? name.get() : type->name());
}

std::string bounded_text(const char* text) {
  return text == nullptr ? std::string{} : said_text({text, strnlen(text, said_bytes_max)});
}

}  // namespace

Error thrown(std::string_view function) {
  std::string what;
  try {
    throw;
  } catch (const std::exception& exception) {
    what = type_text() + ": " + escaped(bounded_text(exception.what()));
  } catch (...) {
    what = type_text();
  }
  return {Errc::invalid, std::string(function) +
                             " threw an exception through the boundary, which none may cross (" +
                             what + ")"};
}

Result<void> outcome(std::string_view function, refold_result result, std::string_view said) {
  const std::string name(function);
  if (result == REFOLD_OK) return ok();
  if (result != REFOLD_RETRY && result != REFOLD_FAILED) {
    return Error{Errc::invalid, name + " returned " + std::to_string(result) +
                                    ", which is not a result that it may return"};
  }
  if (said.empty()) {
    return Error{Errc::invalid, name +
                                    " failed without saying why, which is a fault of the "
                                    "plugin: host->fail() takes the reason"};
  }
  return Error{Errc::invalid, name + " failed: " + escaped(said)};
}

std::string said_text(refold_bytes text) {
  if (text.data == nullptr) return {};
  return {static_cast<const char*>(text.data), std::min(text.size, said_bytes_max)};
}

}  // namespace refold::plugin
