#include "core/engine/source_commands.h"

#include <charconv>

#include "core/base/characters.h"

namespace refold::engine {

ingest::SourceOptions source_options(const SourceConfig& config) {
  ingest::SourceOptions options;
  options.name = config.name;
  options.kind = config.kind;
  const bool capture = config.kind == ingest::SourceKind::capture;
  options.url = capture ? config.file.string() : config.url;
  options.filter.collections = config.collections;
  options.filter.dids = config.dids;
  options.private_addresses = config.private_addresses;
  options.ca_file = config.ca_file;
  options.dictionary = config.dictionary;
  std::uint64_t cursor = 0;
  const std::string& start = config.start;
  const auto read = std::from_chars(start.data(), start.data() + start.size(), cursor);
  if (start == "oldest" || read.ec == std::errc{}) options.start = cursor;
  if (capture) options.start.reset();
  return options;
}

Error no_such_source(const std::string& name, const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& one : names) list += (list.empty() ? "" : ", ") + one;
  return {Errc::not_found, "there is no source '" + escaped(name) + "'; there " +
                               (list.empty() ? "are none" : "is " + list)};
}

Result<void> check_addition(const SourceConfig& wanted, bool taken, std::size_t count) {
  REFOLD_CHECK(check(wanted));
  if (taken)
    return Error{Errc::busy, "there is a source '" + escaped(wanted.name) +
                                 "' already: remove it, or choose another name"};
  if (count >= ingest::sources_max)
    return Error{Errc::too_large, "there are " + std::to_string(ingest::sources_max) +
                                      " sources already: remove one first"};
  return ok();
}

}  // namespace refold::engine
