#include "core/cli/event_printer.h"

#include "core/server/event_json.h"

namespace refold::cli {

using server::append_event_json;

Result<void> EventPrinter::print(const log::Event& event) {
  line_.clear();
  if (json_) {
    const auto appended = append_event_json(line_, event);
    if (appended.has_error()) {
      return within("event " + std::to_string(event.seq), appended.error());
    }
    line_ += '\n';
  } else {
    layout_.append(line_, event);
  }
  out_.put(line_);
  return ok();
}

}  // namespace refold::cli
