#pragma once

#include <string>

#include "core/base/result.h"
#include "core/cli/context.h"
#include "core/cli/event_line.h"
#include "core/log/page.h"

namespace refold::cli {

/// Prints events, one a line: JSON if the user asked for it, else text. One thread.
class EventPrinter {
 public:
  EventPrinter(Context& context, log::Seq largest_seq)
      : out_(context.out), json_(context.json), layout_(context.out.terminal(), largest_seq) {}

  [[nodiscard]] Result<void> print(const log::Event& event);

  /// Nobody reads any more.
  [[nodiscard]] bool closed() const noexcept { return out_.closed(); }

 private:
  Output& out_;
  bool json_;
  EventLine layout_;
  std::string line_;
};

}  // namespace refold::cli
