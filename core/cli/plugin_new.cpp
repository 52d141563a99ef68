#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <system_error>

#include "core/atproto/quote.h"
#include "core/base/file.h"
#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/plugin_template.h"

namespace refold::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t name_length_max = 63;

struct NewOptions {
  std::string name;
};

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Names that a project of this template could not have: those that CMake keeps for itself, and
/// that of the record's struct.
constexpr std::string_view taken_names[] = {
    "all", "clean", "codegen", "help", "install", "package", "preinstall", "test", "one-like"};

/// What is wrong with a plugin's name; empty if nothing is.
std::string complaint_about(const std::string& name) {
  if (std::find(std::begin(taken_names), std::end(taken_names), name) != std::end(taken_names)) {
    return "a plugin cannot be called " + atproto::quoted(name) +
           ": the project that is written, or CMake, has that name for something else";
  }
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [](char c) { return is_lower_or_digit(c) || c == '-'; });
  const bool good = !name.empty() && name.size() <= name_length_max && plain &&
                    name.front() >= 'a' && name.front() <= 'z' && name.back() != '-';
  return good ? ""
              : "a plugin's name is made of a-z, 0-9 and '-', begins with a letter, and is at most "
                "63 long: not " +
                    atproto::quoted(name);
}

/// "bean-ratings" -> "BeanRatings".
std::string type_name(const std::string& name) {
  std::string type;
  bool starts = true;
  for (const char c : name) {
    if (c != '-') type += starts && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    starts = c == '-';
  }
  return type;
}

std::string replaced(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string filled_in(std::string_view text, const std::string& name) {
  return replaced(replaced(std::string(text), "NAME", name), "TypeName", type_name(name));
}

Result<void> write_file(const fs::path& path, const std::string& text) {
  REFOLD_TRY(File file, File::create(path));
  REFOLD_CHECK(file.write(bytes_of(text)));
  // File makes private files; a project is for everybody who may see its folder.
  std::error_code error;
  fs::permissions(path, fs::perms(0644), error);
  return ok();
}

Result<Exit> run_new(Context& context, const NewOptions& options) {
  const fs::path folder = options.name;
  std::error_code error;
  if (!fs::create_directory(folder, error)) {
    if (error) return system_error("make the folder " + options.name, error.value());
    return Error{Errc::invalid, "there is a " + atproto::quoted(options.name) +
                                    " here already: remove it, or choose another name"};
  }
  for (const TemplateFile& file : plugin_template()) {
    REFOLD_CHECK(write_file(folder / filled_in(file.name, options.name),
                            filled_in(file.text, options.name)));
  }
  context.out.line("wrote the project " + options.name + "/; its README.md says how to go on:");
  context.out.line("  cd " + options.name +
                   " && cmake -B build -G Ninja && cmake --build build && " +
                   "ctest --test-dir build");
  return Exit::ok;
}

}  // namespace

void add_plugin_new(const Commands& commands) {
  CLI::App* const command = commands.parent.add_subcommand(
      "new", "write a project for a plugin, which builds, passes its tests and can be loaded");
  command->footer("Example:\n  refold plugin new likes    writes the folder likes");
  auto options = std::make_shared<NewOptions>();
  command->add_option("NAME", options->name, "of the plugin, its projection and the folder")
      ->required()
      ->check(checked_by(complaint_about));
  choose(command, commands, options, run_new);
}

}  // namespace refold::cli
