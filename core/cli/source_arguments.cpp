#include "core/cli/source_arguments.h"

#include "core/cli/config_option.h"
#include "core/cli/console.h"

namespace refold::cli {

using ingest::SourceKind;

namespace {

/// What serves such a URL, as its path has it.
SourceKind kind_in(const std::string& url) {
  if (url.find("://") == std::string::npos) return SourceKind::capture;
  const std::string path = url.substr(0, url.find('?'));
  if (path.ends_with("/subscribe")) return SourceKind::jetstream;
  if (path.ends_with(".subscribeEvents")) return SourceKind::jetstream_v2;
  return SourceKind::firehose;
}

std::filesystem::path absolute_file(const std::string& file) {
  std::error_code failed;
  if (file.empty()) return {};
  return std::filesystem::absolute(console().resolve(file), failed).lexically_normal();
}

}  // namespace

void declare_filter(CLI::App* command, std::vector<std::string>& collections,
                    std::vector<std::string>& dids) {
  command->add_option("--collection", collections, "only records of this one, or these (ns.*)")
      ->type_name("NSID")
      ->expected(1)
      ->take_all();
  command->add_option("--did", dids, "only this account")
      ->type_name("DID")
      ->expected(1)
      ->take_all();
}

void declare_source(CLI::App* command, SourceArguments& arguments) {
  command->add_option("URL", arguments.url, "of the server; or the file of a capture")
      ->required()
      ->type_name("");
  command
      ->add_option("--kind", arguments.kind,
                   "firehose, jetstream, jetstream-v2 or capture; else as the URL's path has it")
      ->type_name("KIND");
  declare_filter(command, arguments.collections, arguments.dids);
  command
      ->add_option("--start", arguments.start,
                   "where to begin the first time: now, oldest, or a cursor of the server")
      ->type_name("PLACE")
      ->capture_default_str();
  command->add_flag("--private-addresses", arguments.private_addresses,
                    "the host may be in a private network, or this machine");
  command
      ->add_option("--ca-file", arguments.ca_file, "certificates trusted instead of the system's")
      ->type_name("FILE");
}

Result<engine::SourceConfig> source_of(const std::string& name, const SourceArguments& arguments) {
  engine::SourceConfig source;
  source.name = name;
  source.kind = kind_in(arguments.url);
  if (!arguments.kind.empty()) {
    REFOLD_TRY(source.kind, ingest::source_kind(arguments.kind));
  }
  if (source.kind == SourceKind::capture) {
    source.file = absolute_file(arguments.url);
  } else {
    source.url = arguments.url;
  }
  source.collections = arguments.collections;
  source.dids = arguments.dids;
  source.start = arguments.start;
  source.private_addresses = arguments.private_addresses;
  source.ca_file = absolute_file(arguments.ca_file);
  source.dictionary = absolute_file(arguments.dictionary);
  return source;
}

Result<std::vector<engine::SourceConfig>> configured_sources(const Context& context,
                                                             const std::string& file) {
  const auto setup = setup_of({file, {}});
  if (setup.has_error()) return std::vector<engine::SourceConfig>{};
  REFOLD_TRY(const engine::Config config, engine::configuration(*setup));
  std::error_code unknown;
  const bool same = std::filesystem::equivalent(config.data, context.data, unknown);
  return same ? config.sources : std::vector<engine::SourceConfig>{};
}

}  // namespace refold::cli
