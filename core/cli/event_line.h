#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/cli/terminal.h"
#include "core/log/event.h"

namespace refold::cli {

/// Events for people, one a line: seq, witness time, what it was, DID, collection, record key,
/// size.
///
/// Where the terminal is too narrow for that, the date is left out, and the middle of DIDs and the
/// start of collections. Everything that came from outside is escaped. Any thread.
class EventLine {
 public:
  /// `largest_seq` sets the width of the first column.
  EventLine(Terminal terminal, log::Seq largest_seq);

  /// Appends the line, with its line break.
  void append(std::string& out, const log::Event& event) const;

 private:
  [[nodiscard]] std::string time_of(const log::Event& event) const;
  [[nodiscard]] std::string did_of(const log::Event& event) const;
  [[nodiscard]] std::string collection_of(const log::Event& event) const;

  Terminal terminal_;
  bool narrow_;
  std::size_t seq_columns_;
  std::size_t did_columns_;
  std::size_t collection_columns_;
  std::string_view gap_;  ///< between columns
};

}  // namespace refold::cli
