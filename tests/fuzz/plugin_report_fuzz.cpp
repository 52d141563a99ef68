#include "core/base/assert.h"
#include "core/plugin/report.h"

using namespace refold;

// What a probing child sends, and in it what a plugin says of itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = plugin::read_report({data, size});
  if (report.has_error() || !report->passed) return 0;
  const plugin::PluginInfo& info = report->passed->info;
  REFOLD_ASSERT(plugin::check(info).has_value(), "an info that breaks a rule came through");
  const auto again = plugin::decode_plugin_info(plugin::encode(info));
  REFOLD_ASSERT(again.has_value() && *again == info, "an info came back changed");
  return 0;
}
