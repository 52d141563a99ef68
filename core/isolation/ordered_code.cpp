#include "core/isolation/ordered_code.h"

#include <memory>
#include <utility>

#include "core/base/characters.h"
#include "core/base/digest.h"
#include "core/base/file.h"

namespace refold::isolation {
namespace {

Result<Sha256Digest> hash_of(const std::filesystem::path& path) {
  REFOLD_TRY(const File file, File::open(path));
  REFOLD_TRY(const std::uint64_t size, file.size());
  REFOLD_TRY(const FileMap map, file.map(0, size));
  return sha256(map.bytes());
}

}  // namespace

Result<projection::CodePointer> load(const CodeOrder& order, const projection::LogSink& sink) {
  REFOLD_TRY(const Sha256Digest hash, hash_of(order.library));
  if (hex(hash) != order.hash) {
    return Error{Errc::invalid, order.library.native() +
                                    " is not the file that was probed: load "
                                    "the plugin again"};
  }
  plugin::LoadOptions options;
  options.log = [sink, name = order.name](std::int32_t level, std::string_view text) {
    sink(name, level, escaped(text));
  };
  auto loaded = plugin::Library::load(order.library, options);
  if (loaded.has_error()) return within(order.library.native(), std::move(loaded).error());
  std::shared_ptr<const plugin::Library> library = std::move(*loaded);
  REFOLD_TRY(projection::Code code, projection::code_of(*library, order.projection));
  projection::name_build(code, order.hash);
  if (order.values.size() != code.info.options.size()) {
    return Error{Errc::invalid, "plugin '" + code.plugin +
                                    "' has other options than when it was "
                                    "probed: load it again"};
  }
  code.library = std::move(library);
  return std::make_shared<const projection::Code>(std::move(code));
}

}  // namespace refold::isolation
