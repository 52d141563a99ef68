#pragma once

#include <string>

#include "core/base/result.h"
#include "core/log/event.h"

namespace refold::server {

/// Appends one event as a compact JSON object, without a line break. docs/cli.md lists the fields.
/// What a terminal would act on is escaped. Errors: `corrupt` if a payload is not what it must be.
[[nodiscard]] Result<void> append_event_json(std::string& out, const log::Event& event);

/// Appends a record's DAG-CBOR as JSON, escaped likewise.
[[nodiscard]] Result<void> append_record_json(std::string& out, ByteView record);

/// "create", "identity", ... Errors: `invalid` names all that there are.
[[nodiscard]] Result<log::Kind> kind_of(std::string_view text);

/// The names of the flags that are set, in the order of their bits, with `between` in between.
[[nodiscard]] std::string flag_names(std::uint16_t flags, std::string_view between);

}  // namespace refold::server
