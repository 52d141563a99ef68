#pragma once

#include <string>
#include <vector>

#include "core/index/recorder.h"
#include "core/ingest/source_options.h"

namespace refold::engine {

/// How far a source is behind its server's clock, in microseconds; 0 if nobody knows. `now_us`:
/// since 1970.
[[nodiscard]] std::int64_t lag_us(const ingest::SourceStatus& status, std::int64_t now_us);

/// What there is to measure of sources and of recording, in Prometheus' text format.
void append_metrics(std::string& text, const std::vector<ingest::SourceStatus>& all,
                    std::int64_t now_us);
void append_metrics(std::string& text, const index::Recorder& recorder);

}  // namespace refold::engine
