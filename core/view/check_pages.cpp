#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/view/damage.h"
#include "core/view/pages.h"

namespace refold::view {
namespace {

/// How often a writer may get in between before that is no excuse any more.
constexpr unsigned attempts_max = 16;

Result<void> check_lists(Pages& pages, const std::string& what) {
  REFOLD_TRY(const auto databases, pages.databases());
  const auto meta = databases.find("meta");
  if (meta == databases.end()) return damaged(what, "it holds no view");
  return pages.visit(meta->second, [](ByteView, ByteView) { return ok(); });
}

Result<void> check(int descriptor, const std::string& what) {
  for (unsigned attempt = 1;; ++attempt) {
    REFOLD_TRY(Pages pages, Pages::open(descriptor, what, std::nullopt));
    auto checked = check_lists(pages, what);
    if (checked.has_value() || attempt == attempts_max) return checked;
    REFOLD_TRY(const Pages newer, Pages::open(descriptor, what, std::nullopt));
    if (newer.txn() == pages.txn()) return checked;
  }
}

}  // namespace

Result<void> check_pages(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) {
    return Error{Errc::not_found, "there is no view in " + file.parent_path().native()};
  }
  if (descriptor < 0) return system_error("open " + file.native(), errno);
  auto checked = check(descriptor, file.native());
  ::close(descriptor);
  return checked;
}

}  // namespace refold::view
