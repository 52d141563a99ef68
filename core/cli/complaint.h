#pragma once

#include <string>
#include <string_view>

namespace refold::cli {

/// "refold: MESSAGE" for standard error, in red on a terminal; further lines of the message are
/// indented below the first.
[[nodiscard]] std::string complaint(std::string_view message, bool colours);

/// Prints it.
void complain(std::string_view message);

}  // namespace refold::cli
