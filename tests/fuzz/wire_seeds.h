#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace refold::fuzz {

/// Hands a seed to a fuzzer's corpus.
using AddSeed = std::function<void(std::string_view fuzzer, ByteView seed)>;

/// Frames, archives and messages as servers send them, whole and broken.
void add_wire(const AddSeed& add);

}  // namespace refold::fuzz
