#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/log/witness_log.h"
#include "core/net/http_server.h"
#include "core/projection/status.h"

namespace refold::server {

/// One metric with its samples, appended to a text in Prometheus' format 0.0.4.
class Metric {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  /// `type`: "counter", "gauge", "histogram".
  Metric(std::string& text, std::string_view name, std::string_view type, std::string_view help);

  void add(const Labels& labels, std::uint64_t value) { add_as("", labels, std::to_string(value)); }
  void add(const Labels& labels, double value);
  /// A sample of a histogram: `suffix` is "_bucket", "_sum" or "_count".
  void add_as(std::string_view suffix, const Labels& labels, std::string_view value);

 private:
  std::string& text_;
  std::string name_;
};

/// As short as it can be read back.
[[nodiscard]] std::string decimal(double value);

/// What there is to measure of the log and the projections.
void append_metrics(std::string& text, const log::LogStat& log);
void append_metrics(std::string& text, const std::vector<projection::ProjectionStatus>& all);
/// Of the connections of an HTTP server.
void append_metrics(std::string& text, const net::ServerStatus& http);

}  // namespace refold::server
