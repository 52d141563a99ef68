#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace refold::engine {

/// How many letters have to be added, removed, replaced, or exchanged with their neighbour to make
/// one word of the other. Texts over 64 bytes are as far from everything as can be.
[[nodiscard]] std::size_t edit_distance(std::string_view one, std::string_view other);

/// The word that `written` was probably meant to be; empty if none is near.
[[nodiscard]] std::string nearest(std::string_view written, const std::vector<std::string>& words);

/// "; did you mean WORD?", or nothing.
[[nodiscard]] std::string suggestion(std::string_view written,
                                     const std::vector<std::string>& words);

}  // namespace refold::engine
