// All that a plugin in C++17 needs of the header.
#include <refold/abi.h>

#include <type_traits>

static_assert(REFOLD_ABI_MAJOR == 1);
static_assert(std::is_trivially_copyable_v<refold_event> &&
              std::is_standard_layout_v<refold_event>);
static_assert(std::is_standard_layout_v<refold_host> &&
              std::is_standard_layout_v<refold_plugin_v1>);
static_assert(REFOLD_KEY_MAX == 8192 && REFOLD_ROW_MAX == 2 * 1024 * 1024);
