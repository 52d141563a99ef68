#include "core/base/wire.h"

#include "core/plugin/manifest.h"

namespace refold::plugin {
namespace {

constexpr std::uint64_t format = 1;

void put_text(Bytes& to, std::string_view text) { put_sized(to, bytes_of(text)); }

void put_texts(Bytes& to, const std::vector<std::string>& texts) {
  put_varint(to, texts.size());
  for (const std::string& text : texts) put_text(to, text);
}

void put_options(Bytes& to, const std::vector<OptionInfo>& options) {
  put_varint(to, options.size());
  for (const OptionInfo& option : options) {
    put_text(to, option.name);
    put_text(to, option.summary);
    put_varint(to, option.fallback ? 1 : 0);
    put_text(to, option.fallback.value_or(""));
    put_fixed(to, option.least);
    put_fixed(to, option.most);
    put_varint(to, option.type);
  }
}

void put_projection(Bytes& to, const ProjectionInfo& projection) {
  put_text(to, projection.name);
  put_text(to, projection.summary);
  put_fixed(to, projection.fold);
  put_varint(to, projection.wants);
  put_texts(to, projection.collections);
  put_texts(to, projection.tables);
  put_texts(to, projection.layouts);
  put_options(to, projection.options);
  put_varint(to, projection.queries.size());
  for (const QueryInfo& query : projection.queries) {
    put_text(to, query.name);
    put_text(to, query.summary);
    put_options(to, query.parameters);
  }
}

/// Reads what the functions above wrote. A count over its bound ends the reading, as a text that is
/// too long does.
class InfoReader {
 public:
  explicit InfoReader(ByteView stored) : wire_(stored) {}

  PluginInfo info();
  WireReader& wire() { return wire_; }
  bool failed() const { return wire_.failed() || over_; }

 private:
  std::string text(std::size_t bytes_max) { return std::string(wire_.sized_text(bytes_max)); }
  std::uint64_t count(std::size_t count_max) {
    const std::uint64_t count = wire_.varint();
    over_ = over_ || count > count_max;
    return failed() ? 0 : count;
  }
  std::vector<std::string> texts(std::size_t count_max, std::size_t bytes_max) {
    std::vector<std::string> all(count(count_max));
    for (std::string& one : all) one = text(bytes_max);
    return all;
  }
  std::vector<OptionInfo> options();
  ProjectionInfo projection();

  WireReader wire_;
  bool over_ = false;
};

std::vector<OptionInfo> InfoReader::options() {
  std::vector<OptionInfo> all(count(options_max));
  for (OptionInfo& option : all) {
    option.name = text(REFOLD_NAME_MAX);
    option.summary = text(line_bytes_max);
    const bool has_fallback = wire_.varint() != 0;
    std::string fallback = text(option_bytes_max);
    if (has_fallback) option.fallback = std::move(fallback);
    option.least = wire_.fixed<std::int64_t>();
    option.most = wire_.fixed<std::int64_t>();
    option.type = static_cast<std::uint32_t>(wire_.varint());
  }
  return all;
}

ProjectionInfo InfoReader::projection() {
  ProjectionInfo to;
  to.name = text(REFOLD_NAME_MAX);
  to.summary = text(line_bytes_max);
  to.fold = wire_.fixed<std::uint64_t>();
  to.wants = static_cast<std::uint32_t>(wire_.varint());
  to.collections = texts(collections_max, line_bytes_max * 2);
  to.tables = texts(tables_max, REFOLD_NAME_MAX);
  to.layouts = texts(tables_max, layout_bytes_max);
  to.options = options();
  to.queries.resize(count(queries_max));
  for (QueryInfo& query : to.queries) {
    query.name = text(REFOLD_NAME_MAX);
    query.summary = text(line_bytes_max);
    query.parameters = options();
  }
  return to;
}

PluginInfo InfoReader::info() {
  PluginInfo to;
  to.name = text(REFOLD_NAME_MAX);
  to.version = text(line_bytes_max);
  to.build_id = text(line_bytes_max);
  to.abi_major = wire_.fixed<std::uint16_t>();
  to.abi_minor = wire_.fixed<std::uint16_t>();
  to.projections.resize(count(projections_max));
  for (ProjectionInfo& one : to.projections) {
    one = projection();
    if (failed()) break;
  }
  return to;
}

}  // namespace

Bytes encode(const PluginInfo& info) {
  Bytes to;
  put_varint(to, format);
  put_text(to, info.name);
  put_text(to, info.version);
  put_text(to, info.build_id);
  put_fixed(to, info.abi_major);
  put_fixed(to, info.abi_minor);
  put_varint(to, info.projections.size());
  for (const ProjectionInfo& projection : info.projections) put_projection(to, projection);
  return to;
}

Result<PluginInfo> decode_plugin_info(ByteView stored) {
  InfoReader reader(stored);
  const std::uint64_t version = reader.wire().varint();
  if (!reader.failed() && version > format) {
    return Error{Errc::newer_format, "what a plugin says of itself is stored in format " +
                                         std::to_string(version) + ", this program reads up to " +
                                         std::to_string(format)};
  }
  PluginInfo info = reader.info();
  if (reader.failed() || !reader.wire().finished() || version == 0) {
    return Error{Errc::corrupt, "what a plugin says of itself is stored in no form that it has"};
  }
  REFOLD_CHECK(check(info));
  return info;
}

}  // namespace refold::plugin
