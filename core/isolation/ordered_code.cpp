#include "core/isolation/ordered_code.h"

#include <memory>
#include <utility>

#include "core/base/characters.h"
#include "core/plugin/stage.h"

namespace refold::isolation {

Result<projection::CodePointer> load(const CodeOrder& order, const projection::LogSink& sink) {
  REFOLD_CHECK(plugin::check_staged(order.library, order.hash));
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
