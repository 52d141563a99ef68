#include "core/engine/config/secrets.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "core/base/file.h"

namespace refold::engine {
namespace {

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

}  // namespace

std::string check_private(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0)
    return system_error("examine " + file.string(), errno).message;
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return file.string() + " holds a secret, and belongs to user " + std::to_string(status.st_uid) +
           ": chown it to user " + std::to_string(::geteuid()) + ", who runs this";
  }
  if ((status.st_mode & (S_IRWXO | S_IWGRP)) == 0) return {};
  return file.string() + " holds a secret, and others may read or change it (mode " +
         octal(status.st_mode) + "): chmod 600 " + file.string();
}

Result<std::string> read_secret(const std::filesystem::path& file) {
  REFOLD_TRY(const File opened, File::open(file));
  if (std::string wrong = check_private(file); !wrong.empty()) return invalid(std::move(wrong));
  REFOLD_TRY(const std::uint64_t size, opened.size());
  if (size > secret_bytes_max) {
    return Error{Errc::too_large, file.string() + " has " + std::to_string(size) +
                                      " bytes: a secret has at most " +
                                      std::to_string(secret_bytes_max)};
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  REFOLD_CHECK(opened.read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

}  // namespace refold::engine
