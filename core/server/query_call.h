#pragma once

#include <string>

#include "core/server/routes.h"

namespace refold::server {

/// What `call` asks a projection. `min_seq`, `timeout` and `generation` are the server's: all other
/// parameters are the query's. The answer's seq is in the header Refold-Seq: it holds the
/// effect of that event and all before it, at least.
[[nodiscard]] Result<Question> question_of(const RouteContext& context, const Call& call,
                                           const std::string& projection, const std::string& query);

/// The header Refold-Seq.
[[nodiscard]] net::Header seq_header(log::Seq seq);

}  // namespace refold::server
