#include "core/engine/init.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/descriptor.h"
#include "core/base/file.h"
#include "core/engine/config/read.h"
#include "core/engine/config/template.h"

namespace refold::engine {
namespace {

namespace fs = std::filesystem;

Result<void> make_private_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), S_IRWXU) == 0 || errno == EEXIST) return ok();
  return system_error("create " + folder.string(), errno);
}

/// Never over a file that is there, whoever made it in between.
Result<void> write_new_file(const fs::path& file, std::string_view text) {
  const Descriptor made(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!made.open() && errno == EEXIST) {
    return invalid(file.string() +
                   " is there already, and stays as it is; remove it, or begin in "
                   "another folder");
  }
  if (!made.open()) return system_error("create " + file.string(), errno);
  while (!text.empty()) {
    const ssize_t put = ::write(made.get(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int why = errno;
      (void)::unlink(file.c_str());
      return system_error("write " + file.string(), why);
    }
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::fsync(made.get()) != 0) return system_error("sync " + file.string(), errno);
  return ok();
}

Result<void> check_data(const fs::path& data) {
  std::error_code failed;
  if (fs::exists(data, failed) && !fs::is_directory(data, failed)) {
    return invalid(data.string() + " is there, and is no folder");
  }
  const bool empty = !fs::exists(data, failed) || fs::is_empty(data, failed);
  if (failed) return system_error("look into " + data.string(), failed.value());
  if (empty || fs::exists(data / "log", failed)) return ok();
  return invalid(data.string() +
                 " holds other things and no log; remove it, or begin in another "
                 "folder");
}

}  // namespace

Result<Initialized> initialize(const fs::path& folder) {
  const Initialized made{folder / config_file_name, folder / Config{}.data};
  REFOLD_CHECK(make_private_folder(folder));
  REFOLD_CHECK(check_data(made.data));
  REFOLD_CHECK(write_new_file(made.config, config_template()));
  REFOLD_CHECK(make_private_folder(made.data));
  REFOLD_CHECK(sync_folder(folder));
  return made;
}

}  // namespace refold::engine
