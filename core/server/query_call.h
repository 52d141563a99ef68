#pragma once

#include <string>

#include "core/server/server.h"

namespace refold::server {

/// Asks a projection what `call` is about, but for `min_seq` and `timeout`, which are the server's:
/// all other parameters are the query's. The answer's seq is in the header Refold-Seq: it holds the
/// effect of that event and all before it, at least.
[[nodiscard]] Result<net::Response> answer_query(const Services& services, const Call& call,
                                                 const std::string& projection,
                                                 const std::string& query);

/// The header Refold-Seq.
[[nodiscard]] net::Header seq_header(log::Seq seq);

}  // namespace refold::server
