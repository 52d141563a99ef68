#include "tests/bench/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace refold::bench {
namespace {

/// Four digits that matter: 1234567 -> "1,235,000", 83.456 -> "83.46".
std::string number(double value) {
  char text[64];
  if (value < 1'000.0) {
    std::snprintf(text, sizeof text,
                  value < 10.0    ? "%.3f"
                  : value < 100.0 ? "%.2f"
                                  : "%.1f",
                  value);
    return text;
  }
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 3.0);
  std::snprintf(text, sizeof text, "%.0f", std::round(value / unit) * unit);
  std::string grouped(text);
  for (std::size_t at = grouped.size(); at > 3; at -= 3) grouped.insert(at - 3, ",");
  return grouped;
}

std::string exact(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string ratio_text(const Row& row) {
  const auto ratio = row.ratio();
  return ratio ? number(*ratio) + "x" : "-";
}

std::string with_spread(const Samples& samples) {
  std::string text = number(samples.median());
  if (samples.size() > 1) {
    text += " (" + number(samples.lowest()) + " to " + number(samples.highest()) + ")";
  }
  return text;
}

std::string others_text(const Row& row) {
  std::string text;
  for (const Measured& one : row.peers) {
    if (&one == row.peer()) continue;
    text += (text.empty() ? "" : ", ") + one.name + " " + number(one.samples.median());
  }
  return text;
}

std::vector<std::string> cells(const Row& row) {
  const Measured* const peer = row.peer();
  return {ratio_text(row),
          row.target_text() == "-" ? "-"
          : row.met()              ? "yes"
                                   : "NO",
          row.name,
          with_spread(row.ours),
          peer != nullptr ? peer->name + " " + with_spread(peer->samples) : "-",
          row.unit,
          row.target_text(),
          others_text(row)};
}

const std::vector<std::string> headings = {"ratio", "met",  "work",   "refold",
                                           "peer",  "unit", "target", "others"};

void append_json(std::string& out, std::string_view name, const std::string& text) {
  out += '"' + std::string(name) + "\":\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  out += "\",";
}

void append_json(std::string& out, std::string_view name, const Samples& samples) {
  const std::string key(name);
  out += '"' + key + "\":" + exact(samples.median()) + ",\"" + key +
         "_low\":" + exact(samples.lowest()) + ",\"" + key + "_high\":" + exact(samples.highest()) +
         ',';
}

}  // namespace

double Samples::median() const {
  if (values_.empty()) return 0.0;
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
}
double Samples::lowest() const {
  return values_.empty() ? 0.0 : *std::min_element(values_.begin(), values_.end());
}
double Samples::highest() const {
  return values_.empty() ? 0.0 : *std::max_element(values_.begin(), values_.end());
}

Row make_row(std::string name, std::string what, std::string unit, Target target,
             std::string compared_with, bool more_is_better) {
  Row row;
  row.name = std::move(name);
  row.what = std::move(what);
  row.unit = std::move(unit);
  row.more_is_better = more_is_better;
  row.target = target;
  row.compared_with = std::move(compared_with);
  return row;
}

const Measured* Row::peer() const {
  const Measured* best = nullptr;
  for (const Measured& one : peers) {
    if (!compared_with.empty()) {
      if (one.name == compared_with) return &one;
      continue;
    }
    const bool better =
        best == nullptr || (more_is_better ? one.samples.median() > best->samples.median()
                                           : one.samples.median() < best->samples.median());
    if (better) best = &one;
  }
  return best;
}

std::optional<double> Row::ratio() const {
  const Measured* const one = peer();
  if (one == nullptr || one->samples.median() == 0.0) return std::nullopt;
  return ours.median() / one->samples.median();
}

bool Row::met() const {
  const double ratio_now = ratio().value_or(0.0);
  return (!target.ratio_at_least || ratio_now >= *target.ratio_at_least) &&
         (!target.ratio_at_most || ratio_now <= *target.ratio_at_most) &&
         (!target.ours_at_least || ours.median() >= *target.ours_at_least) &&
         (!target.ours_at_most || ours.median() <= *target.ours_at_most);
}

std::string Row::target_text() const {
  std::string text;
  const auto put = [&text](std::string_view bound, const std::optional<double>& value,
                           std::string_view suffix) {
    if (!value) return;
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.2f", *value);
    if (!text.empty()) text += ", ";
    text +=
        std::string(bound) + ' ' + (suffix == "x" ? digits : number(*value)) + std::string(suffix);
  };
  put("at least", target.ratio_at_least, "x");
  put("at most", target.ratio_at_most, "x");
  put("at least", target.ours_at_least, " " + unit);
  put("at most", target.ours_at_most, " " + unit);
  return text.empty() ? "-" : text;
}

void Row::add(std::string_view contender, double value) {
  auto one = std::find_if(peers.begin(), peers.end(),
                          [&](const Measured& peer) { return peer.name == contender; });
  if (one == peers.end()) one = peers.insert(peers.end(), {std::string(contender), {}});
  one->samples.add(value);
}

std::string as_text(const std::vector<Row>& rows) {
  std::vector<std::vector<std::string>> table = {headings};
  for (const Row& row : rows) table.push_back(cells(row));
  std::vector<std::size_t> widths(headings.size());
  for (const auto& line : table) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const auto& line : table) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths[i] - line[i].size() + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string as_json(const std::vector<Row>& rows, const Setting& setting) {
  std::string out;
  for (const Row& row : rows) {
    const Measured* const peer = row.peer();
    const auto ratio = row.ratio();
    out += '{';
    append_json(out, "name", row.name);
    append_json(out, "what", row.what);
    append_json(out, "ours", row.ours);
    if (peer != nullptr) append_json(out, "peer", peer->samples);
    append_json(out, "peer_name", peer != nullptr ? peer->name : "");
    out += "\"ratio\":" + (ratio ? exact(*ratio) : "null") + ',';
    append_json(out, "unit", row.unit);
    append_json(out, "target", row.target_text());
    out += std::string("\"met\":") + (row.met() ? "true" : "false") + ',';
    append_json(out, "commit", setting.commit);
    append_json(out, "date", setting.date);
    out += "\"events\":" + std::to_string(setting.events) + ",\"peers\":{";
    for (const Measured& one : row.peers) {
      if (&one != &row.peers.front()) out += ',';
      out += '"' + one.name + "\":" + exact(one.samples.median());
    }
    out += "},\"runs\":" + std::to_string(row.ours.size()) + "}\n";
  }
  return out;
}

std::string as_markdown(const std::vector<Row>& rows, const Setting& setting) {
  std::string out = "Made by `" + setting.command + "`: " + std::to_string(setting.events) +
                    " events, medians of " + std::to_string(setting.runs) +
                    " runs (lowest to highest), ours and the peers' interleaved.\n\n- machine: " +
                    setting.machine + "\n- date: " + setting.date +
                    "\n- commit: " + setting.commit + "\n\n|";
  for (const std::string& heading : headings) out += ' ' + heading + " |";
  out += "\n|";
  for (std::size_t i = 0; i < headings.size(); ++i) out += "---|";
  out += '\n';
  for (const Row& row : rows) {
    out += '|';
    for (const std::string& cell : cells(row)) out += ' ' + cell + " |";
    out += '\n';
  }
  return out;
}

}  // namespace refold::bench
