#include "core/lmdb/env.h"

namespace refold::lmdb {

int open_env(const std::filesystem::path& file, const EnvOptions& options, Env& env) {
  constexpr mdb_mode_t file_mode = 0600;
  MDB_env* created = nullptr;
  int code = mdb_env_create(&created);
  Env opened(created);
  if (code == 0) code = mdb_env_set_maxdbs(opened.get(), options.databases_max);
  if (code == 0) code = mdb_env_set_maxreaders(opened.get(), options.readers_max);
  if (code == 0) code = mdb_env_set_mapsize(opened.get(), options.map_bytes);
  const unsigned flags = options.flags | MDB_NOSUBDIR | MDB_NOTLS;
  if (code == 0) code = mdb_env_open(opened.get(), file.c_str(), flags, file_mode);
  env = code == 0 ? std::move(opened) : nullptr;
  return code;
}

}  // namespace refold::lmdb
