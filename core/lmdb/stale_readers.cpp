#include "core/lmdb/stale_readers.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string_view>

#include "core/lmdb/env.h"
#include "core/lmdb/value.h"

namespace refold::lmdb {
namespace {

/// "     4711 7f31c2ffd6c0 1": LMDB tells of its readers in lines of text.
int count_if_dead(const char* line, void* count) {
  std::string_view text(line);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  pid_t pid = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (read.ec == std::errc{} && pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) {
    ++*static_cast<std::size_t*>(count);
  }
  return 0;
}

}  // namespace

Result<std::size_t> stale_readers(const std::filesystem::path& file) {
  std::error_code failed;
  if (!std::filesystem::exists(file.string() + "-lock", failed)) return std::size_t{0};
  Env env;
  constexpr unsigned readers_max = 1024;  // at least as many as whoever made the lock file has
  const EnvOptions options{MDB_RDONLY, 0, 0, readers_max};
  int code = open_env(file, options, env);
  std::size_t dead = 0;
  if (code == 0 && mdb_reader_list(env.get(), count_if_dead, &dead) < 0) code = EIO;
  if (code != 0) return lmdb_error("read the readers of " + file.string(), code);
  return dead;
}

}  // namespace refold::lmdb
