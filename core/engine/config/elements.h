#pragma once

#include "core/engine/config/node.h"
#include "core/engine/config/reading.h"

namespace refold::engine {

/// Reads the tables [[source]] and [[projection]], and checks that each is whole and named but
/// once.
void read_sources(const Node::Member& written, Config& config, Reading& reading);
void read_projections(const Node::Member& written, Config& config, Reading& reading);

}  // namespace refold::engine
