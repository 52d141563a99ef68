#include "core/engine/source_book.h"

#include <algorithm>

#include "core/base/characters.h"
#include "core/base/file.h"
#include "core/engine/config/elements.h"
#include "core/engine/config/keys.h"
#include "core/engine/config/read.h"

namespace refold::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view book_heading =
    "# What 'refold source' has said. The engine reads this when it starts, and writes it anew.\n"
    "# Sources of refold.toml are only here if they are paused.\n";

std::string source_text(const SourceConfig& source) {
  static const SourceConfig defaults;
  std::string text = "\n[[source]]\n";
  for (const auto& key : source_keys()) {
    const std::string value = key.show(source);
    const bool needed = key.name == "name" || key.name == "kind";
    if (needed || value != key.show(defaults)) text += key.name + " = " + value + "\n";
  }
  return text;
}

std::string book_text(const SourceBook& book) {
  std::string names;
  for (const std::string& name : book.paused) {
    names += (names.empty() ? "" : ", ") + toml_text(name);
  }
  std::string text = std::string(book_heading) + "paused = [" + names + "]\n";
  for (const SourceConfig& source : book.sources) text += source_text(source);
  return text;
}

/// Notes what is wrong with it in `reading`.
SourceBook read_book(std::string_view text, Reading& reading) {
  SyntaxError error;
  const auto root = parse_toml(text, error);
  if (!root) {
    reading.refuse(error.place, {}, "this is not TOML: " + escaped(error.sentence));
    return {};
  }
  SourceBook book;
  Config config;
  for (const Node::Member& member : root->members) {
    if (member.key == "source") {
      read_sources(member, config, reading);
    } else if (member.key == "paused") {
      if (const auto names = reading.texts(member.value, member.key)) {
        for (const Node& name : *names) book.paused.insert(name.text);
      }
    } else {
      reading.refuse(member.place, escaped(member.key), "there is no such key");
    }
  }
  book.sources = std::move(config.sources);
  return book;
}

}  // namespace

const SourceConfig* SourceBook::find(const std::string& name) const {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const SourceConfig& one) { return one.name == name; });
  return found == sources.end() ? nullptr : &*found;
}

SourceConfig* SourceBook::find(const std::string& name) {
  return const_cast<SourceConfig*>(std::as_const(*this).find(name));
}

fs::path source_book_file(const fs::path& data) { return data / "sources.toml"; }

Result<SourceBook> read_source_book(const fs::path& data) {
  const fs::path file = source_book_file(data);
  const auto text = config_text(file);
  if (text.has_error() && text.error().code == Errc::not_found) return SourceBook{};
  if (text.has_error()) return text.error();
  Reading reading(file.string(), data);
  SourceBook book = read_book(*text, reading);
  if (reading.problems().empty()) return book;
  std::string all;
  for (const ConfigProblem& one : reading.problems()) all += one.text() + "\n";
  return invalid(all +
                 "The engine has written this file: mend it, or remove it to be without the "
                 "sources that were added by command.");
}

Result<void> write_source_book(const fs::path& data, const SourceBook& book) {
  const fs::path file = source_book_file(data);
  const std::string text = book_text(book);
  if (text.size() > config_bytes_max) {
    return Error{Errc::too_large, file.string() + " would have " + std::to_string(text.size()) +
                                      " bytes, and may have " + std::to_string(config_bytes_max) +
                                      ": filter by fewer collections and DIDs"};
  }
  fs::path next = file;
  next += ".next";
  {
    REFOLD_TRY(File written, File::create(next));
    REFOLD_CHECK(written.write(bytes_of(text)));
    REFOLD_CHECK(written.sync());
  }
  std::error_code failed;
  fs::rename(next, file, failed);
  if (failed) return system_error("rename " + next.string(), failed.value());
  return sync_folder(data);
}

Result<void> check(const SourceConfig& source) {
  Reading reading("the arguments", {});
  (void)read_book(source_text(source), reading);
  if (reading.problems().empty()) return ok();
  std::string all;
  for (const ConfigProblem& one : reading.problems()) {
    all += (all.empty() ? "" : "\n") + one.key + ": " + one.sentence;
  }
  return invalid(std::move(all));
}

}  // namespace refold::engine
