#include "core/cli/progress.h"

#include <algorithm>
#include <cmath>

#include "core/cli/console.h"
#include "core/cli/text.h"

namespace refold::cli {

namespace {

constexpr std::size_t bar_columns = 24;
/// Too early, the speed says nothing about how long it takes.
constexpr double seconds_before_estimate = 1.0;

std::string bar(double share) {
  const auto filled = static_cast<std::size_t>(std::lround(share * bar_columns));
  return "[" + std::string(filled, '#') + std::string(bar_columns - filled, '.') + "]";
}

/// Whole seconds: it is a guess.
std::string rest_text(double seconds) {
  const double whole = std::ceil(seconds);
  return whole < 60 ? grouped(static_cast<std::uint64_t>(whole)) + " s" : duration_text(whole);
}

}  // namespace

Progress::Progress(std::string unit)
    : terminal_(console().terminal(Console::To::err)),
      unit_(std::move(unit)),
      started_(Clock::now()),
      drawn_(started_) {}

Progress::~Progress() { clear(); }

bool Progress::due() const noexcept { return Clock::now() - drawn_ >= interval; }

void Progress::update(std::string_view label, std::uint64_t done, std::uint64_t total,
                      std::uint64_t count) {
  if (!due()) return;
  drawn_ = Clock::now();
  console().report(label, done, total);
  if (!terminal_.redraws) return;
  const double seconds = std::chrono::duration<double>(drawn_ - started_).count();
  const double share =
      total == 0 ? -1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const std::string text = line(label, share, count, unit_, seconds, terminal_.columns);
  (void)console().write(Console::To::err, "\r\x1b[K" + text);
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  (void)console().write(Console::To::err, "\r\x1b[K");
  shown_ = false;
}

std::string Progress::line(std::string_view label, double share, std::uint64_t count,
                           std::string_view unit, double seconds, std::size_t columns) {
  std::string text(label);
  if (share >= 0) {
    const std::string percent = std::to_string(static_cast<int>(share * 100)) + "%";
    text +=
        "  " + bar(share) + std::string(percent.size() < 4 ? 5 - percent.size() : 1, ' ') + percent;
  }
  text += "  " + grouped(count) + " " + std::string(unit);
  if (seconds > 0) {
    text += "  " + grouped(static_cast<std::uint64_t>(static_cast<double>(count) / seconds)) + "/s";
  }
  if (share > 0 && seconds >= seconds_before_estimate) {
    text += "  " + rest_text(seconds / share - seconds) + " left";
  }
  // A line that wraps could not be drawn over.
  if (columns > 0 && text.size() >= columns) text.resize(columns - 1);
  return text;
}

}  // namespace refold::cli
