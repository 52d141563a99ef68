#include <system_error>

#include "core/plugin/probe.h"

namespace refold::plugin {

Result<std::filesystem::path> find_runner() {
  constexpr const char* name = "refold-runner";
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return system_error("find this program's file", failed.value());
  const auto beside = self.parent_path() / name;
  const auto installed = self.parent_path().parent_path() / "libexec" / "refold" / name;
  for (const auto& place : {beside, installed}) {
    if (std::filesystem::is_regular_file(place, failed)) return place;
  }
  return Error{Errc::not_found, "there is no " + beside.string() + ", and no " +
                                    installed.string() +
                                    ": it comes with this program; install it again"};
}

}  // namespace refold::plugin
