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

/// A message for people. What the child wrote is escaped already; what a plugin may have written in
/// its place is not.
std::string message_of(ByteView bytes) {
  const std::string text(text_of(bytes));
  std::string harmless = text;
  std::erase(harmless, '\\');
  return escaped(harmless) == harmless ? text : escaped(text);
}

Result<Error> read_refusal(ByteView content) {
  WireReader wire(content);
  const auto code = wire.fixed<std::uint8_t>();
  const ByteView message = wire.sized(message_bytes_max);
  if (!wire.finished()) return not_a_report();
  switch (static_cast<Errc>(code)) {
    case Errc::unsupported: return Error{Errc::unsupported, message_of(message)};
    case Errc::too_large: return Error{Errc::too_large, message_of(message)};
    case Errc::io: return Error{Errc::io, message_of(message)};
    default: return Error{Errc::invalid, message_of(message)};
  }
}

Result<Probed> read_passed(ByteView content) {
  WireReader wire(content);
  Probed probed;
  const ByteView info = wire.sized(report_bytes_max);
  probed.pinned = wire.fixed<std::uint8_t>() != 0;
  const std::uint64_t untried = wire.varint();
  if (untried > untried_max) return not_a_report();
  for (std::uint64_t number = 0; number < untried; ++number) {
    probed.untried.push_back(message_of(wire.sized(message_bytes_max)));
  }
  if (!wire.finished()) return not_a_report();
  REFOLD_TRY(probed.info, decode_plugin_info(info));
  return probed;
}

}  // namespace

ReportWriter::ReportWriter(int descriptor) : descriptor_(descriptor) {
  send(record(Kind::greeting, bytes_of(greeting)));
}

void ReportWriter::step(std::string_view what) {
  send(record(Kind::step, bytes_of(what.substr(0, step_bytes_max))));
}

void ReportWriter::refused(const Error& error) {
  Bytes content;
  put_fixed(content, static_cast<std::uint8_t>(error.code));
  put_sized(content, bytes_of(std::string_view(error.message).substr(0, message_bytes_max)));
  send(record(Kind::refused, content));
}

void ReportWriter::passed(const Probed& probed) {
  Bytes content;
  put_sized(content, encode(probed.info));
  put_fixed(content, static_cast<std::uint8_t>(probed.pinned));
  put_varint(content, probed.untried.size());
  for (const std::string& sentence : probed.untried) put_sized(content, bytes_of(sentence));
  send(record(Kind::passed, content));
}

/// If the pipe is broken, the parent is gone, and nobody asks any more.
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
      report.step = message_of(content.first(std::min(content.size(), step_bytes_max)));
    } else if (kind == Kind::refused) {
      REFOLD_TRY(report.refusal, read_refusal(content));
    } else if (kind == Kind::passed) {
      REFOLD_TRY(report.passed, read_passed(content));
    } else {
      return not_a_report();
    }
  }
  return report;
}

}  // namespace refold::plugin
