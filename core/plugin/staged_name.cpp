#include "core/plugin/staged_name.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include "core/base/descriptor.h"

namespace refold::plugin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".so";
constexpr std::string_view part_suffix = ".part";
constexpr std::size_t hash_digits = 16;
constexpr std::size_t stem_bytes_max = 63;
constexpr std::size_t number_digits = 19;
constexpr std::uint64_t number_max = 999'999'999'999'999'999;  // no folder sees as many

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number <= number_max ? std::optional(number) : std::nullopt;
}

bool is_hash(std::string_view text) {
  return text.size() == hash_digits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// The highest number of what is in the folder; 0 if there is nothing.
Result<std::uint64_t> highest_number(const fs::path& folder) {
  std::error_code failed;
  std::uint64_t highest = 0;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    highest = std::max(highest, number_in(at->path().filename()).value_or(0));
  }
  if (failed) return system_error("list " + folder.string(), failed.value());
  return highest;
}

}  // namespace

Result<std::uint64_t> next_number(const fs::path& folder) {
  const fs::path path = folder / "last-number";
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.open()) return system_error("open " + path.string(), errno);
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return system_error("lock " + path.string(), errno);
  }
  // All digits, always: it is overwritten in one piece. If it cannot be read, or was lost, the
  // files that are there tell; what is mapped without a file has a hash in its name besides.
  std::array<char, number_digits + 2> text{};
  const ssize_t got = ::pread(file.get(), text.data(), number_digits, 0);
  if (got < 0) return system_error("read " + path.string(), errno);
  const auto last = read_number({text.data(), static_cast<std::size_t>(got)});
  REFOLD_TRY(const std::uint64_t highest, highest_number(folder));
  const std::uint64_t number = std::max(last.value_or(0), highest) + 1;
  std::snprintf(text.data(), text.size(), "%019llu\n", static_cast<unsigned long long>(number));
  const ssize_t put = ::pwrite(file.get(), text.data(), number_digits + 1, 0);
  if (put < 0) return system_error("write " + path.string(), errno);
  if (static_cast<std::size_t>(put) != number_digits + 1)
    return system_error("write " + path.string(), ENOSPC);
  if (::fdatasync(file.get()) != 0) return system_error("sync " + path.string(), errno);
  return number;
}

std::string unfinished_name(std::uint64_t number) {
  return std::to_string(number) + std::string(part_suffix);
}

std::string staged_name(const fs::path& library, const Sha256Digest& hash, std::uint64_t number) {
  std::string stem = library.stem().string().substr(0, stem_bytes_max);
  for (char& letter : stem) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9');
    if (!plain) letter = '-';
  }
  return stem + "-" + hex(hash).substr(0, hash_digits) + "-" + std::to_string(number) +
         std::string(suffix);
}

std::optional<std::uint64_t> number_in(const fs::path& path) {
  const std::string name = path.string();
  std::string_view text = name;
  if (text.ends_with(part_suffix))
    return read_number(text.substr(0, text.size() - part_suffix.size()));
  if (!text.ends_with(suffix)) return std::nullopt;
  text.remove_suffix(suffix.size());
  const std::size_t number_at = text.rfind('-');
  if (number_at == text.npos || number_at <= hash_digits) return std::nullopt;
  if (text[number_at - hash_digits - 1] != '-') return std::nullopt;
  if (!is_hash(text.substr(number_at - hash_digits, hash_digits))) return std::nullopt;
  return read_number(text.substr(number_at + 1));
}

}  // namespace refold::plugin
