#include "core/server/command.h"

#include "core/base/wire.h"

namespace refold::server {

namespace {

constexpr std::size_t head_bytes = 5;

void put_form(Bytes& to, const StreamForm& form) {
  put_varint(to,
             (form.is_terminal ? 1U : 0U) | (form.redraws ? 2U : 0U) | (form.colours ? 4U : 0U));
  put_varint(to, form.columns);
}

StreamForm form_of(WireReader& wire) {
  const std::uint64_t bits = wire.varint();
  StreamForm form{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, wire.varint()};
  // A line that is drawn again and again.
  form.columns = std::min<std::uint64_t>(form.columns, 10'000);
  return form;
}

}  // namespace

std::string encode(const CommandRequest& request) {
  Bytes to;
  put_sized(to, request.version);
  put_varint(to, request.arguments.size());
  for (const std::string& one : request.arguments) put_sized(to, one);
  put_sized(to, request.folder);
  put_sized(to, request.data);
  put_form(to, request.out);
  put_form(to, request.err);
  put_varint(to, request.input_is_terminal ? 1 : 0);
  return {to.begin(), to.end()};
}

Result<CommandRequest> decode_command(std::string_view body) {
  WireReader wire(bytes_of(body));
  CommandRequest request;
  request.version = wire.sized_text(command_bytes_max);
  const std::uint64_t count = wire.varint();
  if (count > command_arguments_max) {
    return invalid("a command has at most " + std::to_string(command_arguments_max) +
                   " arguments, this one " + std::to_string(count));
  }
  for (std::uint64_t left = count; left > 0 && !wire.failed(); --left) {
    request.arguments.emplace_back(wire.sized_text(command_bytes_max));
  }
  request.folder = wire.sized_text(command_bytes_max);
  request.data = wire.sized_text(command_bytes_max);
  request.out = form_of(wire);
  request.err = form_of(wire);
  request.input_is_terminal = wire.varint() != 0;
  if (wire.finished()) return request;
  return invalid("this is no command of a 'refold' of this release");
}

std::string frame(FrameKind kind, std::string_view content) {
  std::string to(1, static_cast<char>(kind));
  for (unsigned shift = 0; shift < 32; shift += 8) {
    to += static_cast<char>((content.size() >> shift) & 0xff);
  }
  to += content;
  return to;
}

Result<void> FrameReader::read(ByteView bytes, const Take& take) {
  pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::size_t at = 0;
  while (pending_.size() - at >= head_bytes) {
    const auto kind = static_cast<std::uint8_t>(pending_[at]);
    std::size_t length = 0;
    for (std::size_t of = 0; of < 4; ++of) {
      length |= std::size_t{static_cast<std::uint8_t>(pending_[at + 1 + of])} << (8 * of);
    }
    const bool known = kind >= static_cast<std::uint8_t>(FrameKind::started) &&
                       kind <= static_cast<std::uint8_t>(FrameKind::ended);
    if (!known || length > frame_bytes_max) {
      return invalid("the engine has answered something else than a command's output");
    }
    if (pending_.size() - at - head_bytes < length) break;
    REFOLD_CHECK(take(static_cast<FrameKind>(kind),
                      std::string_view(pending_).substr(at + head_bytes, length)));
    at += head_bytes + length;
  }
  pending_.erase(0, at);
  return ok();
}

}  // namespace refold::server
