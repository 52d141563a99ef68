#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace refold {

/// One character of a text that may not be UTF-8.
struct Character {
  char32_t code = 0;
  std::size_t size = 1;  ///< bytes; 1 if not valid
  bool valid = false;
};

/// The first character of `text`, which is not empty. Strict UTF-8: no over-long forms, no
/// surrogates, nothing above U+10FFFF.
[[nodiscard]] Character first_character(std::string_view text) noexcept;

/// Beyond ASCII's controls: what makes a terminal do something, or show something else than what is
/// there. C1 controls, line and paragraph separators, marks that change the direction of writing,
/// the byte order mark.
[[nodiscard]] constexpr bool acts_on_terminals(char32_t code) noexcept {
  return (code >= 0x80 && code <= 0x9f) || code == 0x061c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

/// `text` in a form that no terminal acts on: control characters (C0, DEL, C1), characters that
/// change the direction of writing, line separators and bytes that are not UTF-8 become `\xNN` or
/// `\u{NNNN}`, a backslash becomes `\\`. The rest is kept.
[[nodiscard]] std::string escaped(std::string_view text);
/// The same, but a text that may be of that form already is kept: for what came from a process that
/// should have escaped it, and cannot be trusted to have.
[[nodiscard]] std::string escaped_once(std::string_view text);

}  // namespace refold
