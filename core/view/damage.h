#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::view {

/// What is said when a view's own data does not fit: loud, exact, with the remedy.

inline constexpr std::string_view remedy = "; replay the projection to build the view anew";

/// `corrupt`: "WHAT: WRONG; replay the projection to build the view anew".
[[nodiscard]] Error damaged(std::string_view what, std::string_view wrong);

/// A key for people: text in quotes if it is text, else hexadecimal; long ones end in dots.
[[nodiscard]] std::string key_text(ByteView key);

}  // namespace refold::view
