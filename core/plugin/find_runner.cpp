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

std::filesystem::path shipped_folder(const std::filesystem::path& program) {
  return (program.parent_path() / REFOLD_PLUGINS_FROM_PROGRAMS).lexically_normal();
}

bool is_shipped(const std::filesystem::path& library, const std::filesystem::path& program) {
  std::error_code failed;
  const auto self = std::filesystem::canonical(program, failed);
  if (failed) return false;
  const auto folder = std::filesystem::canonical(shipped_folder(self), failed);
  if (failed) return false;
  const auto file = std::filesystem::canonical(library, failed);
  return !failed && file.parent_path() == folder;
}

}  // namespace refold::plugin
