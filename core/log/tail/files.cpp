#include "core/log/tail/files.h"

#include <charconv>
#include <string>
#include <vector>

#include "core/base/file.h"

namespace refold::log {
namespace {

constexpr std::string_view stem = "tail.";
constexpr std::string_view ending = "mdb";
constexpr std::string_view lock_ending = "-lock";

/// "tail.mdb" -> 0, "tail.12.mdb" -> 12, anything else -> none.
std::optional<std::uint64_t> generation_of(std::string_view name) noexcept {
  if (!name.starts_with(stem)) return std::nullopt;
  name.remove_prefix(stem.size());
  if (name == ending) return 0;
  std::uint64_t number = 0;
  const auto [rest, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (failure != std::errc{} || number == 0) return std::nullopt;
  name.remove_prefix(static_cast<std::size_t>(rest - name.data()));
  if (!name.starts_with('.') || name.substr(1) != ending) return std::nullopt;
  return number;
}

Result<std::vector<std::string>> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code failure;
  std::filesystem::directory_iterator entry(folder, failure);
  for (; !failure && entry != std::filesystem::directory_iterator{}; entry.increment(failure)) {
    names.push_back(entry->path().filename().native());
  }
  if (failure) return system_error("list the folder " + folder.native(), failure.value());
  return names;
}

}  // namespace

std::filesystem::path tail_file(const std::filesystem::path& folder, std::uint64_t generation) {
  std::string name(stem);
  if (generation != 0) name += std::to_string(generation) + ".";
  return folder / name.append(ending);
}

Result<std::optional<std::uint64_t>> newest_tail(const std::filesystem::path& folder) {
  std::optional<std::uint64_t> newest;
  std::error_code failure;
  if (!std::filesystem::exists(folder, failure)) return newest;
  REFOLD_TRY(const std::vector<std::string> names, names_in(folder));
  for (const std::string& name : names) {
    const auto generation = generation_of(name);
    if (generation && (!newest || *generation > *newest)) newest = generation;
  }
  return newest;
}

Result<void> remove_other_tails(const std::filesystem::path& folder, std::uint64_t keep) {
  REFOLD_TRY(const std::vector<std::string> names, names_in(folder));
  const std::string kept = tail_file(folder, keep).filename().native();
  for (const std::string& name : names) {
    std::string_view data_name = name;
    if (data_name.ends_with(lock_ending)) data_name.remove_suffix(lock_ending.size());
    if (data_name.ends_with(unfinished)) data_name.remove_suffix(unfinished.size());
    if (!generation_of(data_name) || (data_name == kept && !name.ends_with(unfinished))) continue;
    std::error_code failure;
    std::filesystem::remove(folder / name, failure);
    if (failure) return system_error("remove " + (folder / name).native(), failure.value());
  }
  return sync_folder(folder);
}

}  // namespace refold::log
