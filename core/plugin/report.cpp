#include "core/plugin/report.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/characters.h"
#include "core/base/wire.h"

namespace refold::plugin {
namespace {

enum class Kind : std::uint8_t { greeting = 1, step, refused, passed };

/// Changes with the records, so that programs of two releases do not misread each other.
constexpr std::string_view greeting = "refold probe 1";

constexpr std::size_t step_bytes_max = 200;
constexpr std::size_t message_bytes_max = 8192;
constexpr std::size_t untried_max = projections_max;

Bytes record(Kind kind, ByteView content) {
  Bytes to;
  to.push_back(static_cast<std::uint8_t>(kind));
  put_sized(to, content);
  return to;
}

Error not_a_report() { return {Errc::corrupt, "its probe sent no report, but other bytes"}; }

std::optional<Error> read_refusal(ByteView content) {
  WireReader wire(content);
  const auto code = static_cast<Errc>(wire.fixed<std::uint8_t>());
  const ByteView message = wire.sized(message_bytes_max);
  if (!wire.finished()) return std::nullopt;
  const bool known = code == Errc::unsupported || code == Errc::too_large || code == Errc::io;
  return Error{known ? code : Errc::invalid, escaped_once(text_of(message))};
}

Result<Probed> read_passed(ByteView content) {
  WireReader wire(content);
  Probed probed;
  const ByteView info = wire.sized(report_bytes_max);
  probed.pinned = wire.fixed<std::uint8_t>() != 0;
  const std::uint64_t untried = wire.varint();
  if (untried > untried_max) return not_a_report();
  for (std::uint64_t number = 0; number < untried; ++number) {
    probed.untried.push_back(escaped_once(wire.sized_text(message_bytes_max)));
  }
  if (!wire.finished()) return not_a_report();
  REFOLD_TRY(probed.info, decode_plugin_info(info));
  return probed;
}

}  // namespace

Bytes greeting_record() { return record(Kind::greeting, bytes_of(greeting)); }

Bytes step_record(std::string_view step) {
  return record(Kind::step, bytes_of(step.substr(0, step_bytes_max)));
}

Bytes end_record(const Result<Probed>& end) {
  Bytes content;
  if (end.has_error()) {
    const Error error = end.error();
    put_fixed(content, static_cast<std::uint8_t>(error.code));
    put_sized(content,
              bytes_of(error.message).first(std::min(error.message.size(), message_bytes_max)));
    return record(Kind::refused, content);
  }
  put_sized(content, encode(end->info));
  put_fixed(content, static_cast<std::uint8_t>(end->pinned));
  put_varint(content, end->untried.size());
  for (const std::string& sentence : end->untried) put_sized(content, bytes_of(sentence));
  return record(Kind::passed, content);
}

void ReportWriter::send(ByteView bytes) const {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

Result<Report> read_report(ByteView bytes) {
  WireReader wire(bytes);
  Report report;
  while (!wire.finished()) {
    const auto kind = static_cast<Kind>(wire.fixed<std::uint8_t>());
    const ByteView content = wire.sized(report_bytes_max);
    if (wire.failed()) break;  // cut off: the child ended
    if (!report.greeted) {
      report.greeted = kind == Kind::greeting && text_of(content) == greeting;
      if (!report.greeted) return report;
    } else if (kind == Kind::step) {
      report.step = escaped_once(text_of(content).substr(0, step_bytes_max));
    } else if (kind == Kind::refused) {
      report.refusal = read_refusal(content);
      if (!report.refusal) return not_a_report();
    } else if (kind == Kind::passed) {
      REFOLD_TRY(report.passed, read_passed(content));
    } else {
      return not_a_report();
    }
  }
  return report;
}

}  // namespace refold::plugin
