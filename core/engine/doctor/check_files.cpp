#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/base/descriptor.h"
#include "core/engine/doctor/checks.h"
#include "core/engine/source_book.h"
#include "core/ingest/sources.h"
#include "core/lmdb/stale_readers.h"
#include "core/plugin/probe.h"
#include "core/plugin/stage.h"
#include "core/plugin/staged_name.h"

namespace refold::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t named_max = 20;  ///< files of one kind that get a finding of their own
constexpr int depth_max = 4;           ///< below the data directory: projections/NAME/2/view.mdb

std::string mode_of(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

struct Expected {
  bool owned = false;   ///< by the user of this process: root's will not do
  bool hidden = false;  ///< others may not even read it
};

/// Who else may change a file or folder of ours, or look into it.
void check_ours(const fs::path& path, Expected expected, Findings& findings) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) {
      findings.fail("permissions", system_error("examine " + path.string(), errno).message,
                    "give the user who runs the engine the right to read it and all above it");
    }
    return;
  }
  const std::string user = std::to_string(::geteuid());
  if (status.st_uid != ::geteuid() && (status.st_uid != 0 || expected.owned)) {
    findings.fail("permissions",
                  path.string() + " belongs to user " + std::to_string(status.st_uid) +
                      ", and this is user " + user,
                  "run this as the user of the engine, or chown -R " + user + " " + path.string());
  }
  const mode_t others = expected.hidden ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH;
  if ((status.st_mode & others) == 0) return;
  const bool written = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const std::string said = path.string() + (written ? " may be changed" : " may be read") +
                           " by others (mode " + mode_of(status.st_mode) + ")";
  const std::string remedy =
      std::string(expected.hidden ? "chmod go-rwx " : "chmod go-w ") + path.string();
  written ? findings.fail("permissions", said, remedy) : findings.warn("permissions", said, remedy);
}

/// Calls `visit` for the files below a folder, not too deep; what cannot be read is passed over.
template <class Visit>
void each_file(const fs::path& folder, const Visit& visit) {
  std::error_code failed;
  fs::recursive_directory_iterator at(folder, failed);
  for (; !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
    if (at.depth() >= depth_max) at.disable_recursion_pending();
    visit(at->path());
  }
}

bool somebody_listens(const fs::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  const Descriptor to(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto* const where = reinterpret_cast<const sockaddr*>(&address);
  return ::connect(to.get(), where, sizeof address) == 0 || errno == EAGAIN || errno == EACCES;
}

/// The files that a source needs beside its capture.
void check_source_files(const SourceConfig& source, Findings& findings) {
  for (const auto& [key, file] :
       {std::pair("ca_file", &source.ca_file), std::pair("dictionary", &source.dictionary)}) {
    if (file->empty() || ::access(file->c_str(), R_OK) == 0) continue;
    const Error why = system_error("open " + file->string(), errno);
    findings.fail("sources", source.name + ": its " + key + ": " + why.message,
                  "bring it back, or have the source name another one");
  }
}

}  // namespace

void check_permissions(const Config& config, Findings& findings) {
  if (!config.file.empty()) check_ours(config.file, {}, findings);
  if (!config.plugins.watch.empty()) check_ours(config.plugins.watch, {}, findings);
  check_ours(config.data, {.owned = true, .hidden = true}, findings);
  for (const char* const below : {"log", "index", "catalog", "projections", "plugins"}) {
    check_ours(config.data / below, {.owned = true}, findings);
  }
  findings.else_ok("permissions", "nobody else may read or change the data directory");
}

void check_plugins(const Config& config, const fs::path& runner, Findings& findings) {
  const auto program = runner.empty() ? plugin::find_runner() : Result<fs::path>(runner);
  const std::string missing = program.has_error() ? program.error().message
                              : ::access(program->c_str(), X_OK) != 0
                                  ? system_error("run " + program->string(), errno).message
                                  : std::string();
  if (!missing.empty()) {
    findings.fail("plugins", missing,
                  "install refold-runner beside refold: plugins are tried and run in it");
  }
  for (const ProjectionConfig& one : config.projections) {
    const auto hash = plugin::hash_of(one.plugin, one.sha256);
    if (hash.has_value()) continue;
    findings.fail("plugins", "the plugin of projection." + one.name + ": " + hash.error().message,
                  "mend that, or what the configuration says of it; if it was loaded before, its "
                  "copy goes on");
  }
  std::error_code failed;
  if (!config.plugins.watch.empty() && !fs::is_directory(config.plugins.watch, failed)) {
    findings.fail("plugins", "plugins.watch: " + config.plugins.watch.string() + " is no folder",
                  "make it, or name another one: nothing is loaded from there");
  }
  findings.else_ok("plugins", std::to_string(config.projections.size()) +
                                  " in the configuration, all there and nobody else's");
}

void check_socket(const Config& config, Findings& findings) {
  const fs::path socket = config.socket();
  struct stat status {};
  if (::lstat(socket.c_str(), &status) != 0) {
    return findings.ok("control socket", "there is none: no engine is running");
  }
  if (!S_ISSOCK(status.st_mode)) {
    return findings.fail("control socket", socket.string() + " is there, and is no socket",
                         "move it away, or set control.socket to another path");
  }
  if (!somebody_listens(socket)) {
    return findings.warn("control socket",
                         socket.string() + " was left behind: nobody answers there",
                         "nothing: the next engine takes its place. Or rm " + socket.string());
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return findings.fail("control socket",
                         "others may give commands over " + socket.string() + " (mode " +
                             mode_of(status.st_mode) + ")",
                         "chmod 600 " + socket.string());
  }
  findings.ok("control socket", "an engine answers at " + socket.string());
}

void check_sources(const Config& config, Findings& findings) {
  auto book = read_source_book(config.data);
  if (book.has_error()) {
    const std::string& why = book.error().message;
    return findings.fail("sources", why.substr(0, why.find('\n')),
                         "the engine does not start with it: mend " +
                             source_book_file(config.data).string() +
                             ", or remove it and add its sources again");
  }
  auto all = config.sources;
  all.insert(all.end(), book->sources.begin(), book->sources.end());
  for (const SourceConfig& one : all) {
    check_source_files(one, findings);
    std::error_code failed;
    const bool file = one.kind == SourceKind::capture && one.file != "-";
    if (!file || fs::exists(one.file, failed)) continue;
    findings.fail("sources", one.name + " reads " + one.file.string() + ", which is not there",
                  "bring it back, or remove the source");
  }
  if (all.size() > ingest::sources_max) {
    findings.fail("sources",
                  "there are " + std::to_string(all.size()) + ", and an engine follows " +
                      std::to_string(ingest::sources_max),
                  "remove some: refold source remove");
  }
  for (const std::string& name : book->paused) {
    findings.warn("sources", name + " rests: by 'refold source pause'",
                  "refold source resume " + name);
  }
  findings.else_ok("sources", all.empty() ? std::string("there are none")
                                          : std::to_string(all.size()) + " to be followed");
}

void check_readers(const Config& config, Findings& findings) {
  std::size_t files = 0;
  each_file(config.data, [&](const fs::path& file) {
    if (file.extension() != ".mdb") return;
    ++files;
    const auto stale = lmdb::stale_readers(file);
    if (stale.has_error()) {
      findings.warn("readers", stale.error().message, "see whether that file can be read at all");
    } else if (*stale > 0) {
      findings.warn("readers",
                    file.string() + " has " + std::to_string(*stale) +
                        " readers of processes that are no more: it grows as long as they are "
                        "entered",
                    "restart the engine, which clears them");
    }
  });
  findings.else_ok("readers", "none was left behind in " + std::to_string(files) + " LMDB files");
}

void check_leftovers(const Config& config, const projection::Catalog::Contents& catalog,
                     Findings& findings) {
  std::size_t unused = 0;
  const auto tell = [&](const fs::path& path, const char* what) {
    if (++unused > named_max) return;
    findings.warn("leftovers", path.string() + " is " + what,
                  "nothing: it is removed when projections are opened the next time");
  };
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(config.data / "plugins", failed)) {
    const std::string file = entry.path().filename().native();
    if (!plugin::number_in(entry.path().filename())) continue;
    const auto& listed = catalog.plugins;
    const bool known = std::any_of(listed.begin(), listed.end(),
                                   [&](const auto& one) { return one.file == file; });
    if (!known) tell(entry.path(), "a copy of a plugin that no projection uses");
  }
  for (const auto& entry : fs::directory_iterator(config.data / "projections", failed)) {
    const auto record =
        std::find_if(catalog.projections.begin(), catalog.projections.end(),
                     [&](const auto& one) { return one.name == entry.path().filename().native(); });
    if (record == catalog.projections.end()) {
      tell(entry.path(), "of a projection that is no more");
      continue;
    }
    for (const auto& view : fs::directory_iterator(entry.path(), failed)) {
      const std::string number = view.path().filename().native();
      const auto& all = record->generations;
      const bool known = std::any_of(all.begin(), all.end(), [&](const auto& one) {
        return std::to_string(one.number) == number;
      });
      if (!known) tell(view.path(), "a view that no generation has");
    }
  }
  findings.else_ok("leftovers", "there are none");
}

}  // namespace refold::engine
