#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/atproto/tid.h"
#include "core/log/witness_log.h"

namespace refold::index {

/// A mark that a repo has reached `rev`, for commits that leave no event (all of their records are
/// outside the filter). The index folds it into RepoState::rev; it survives a reindex.
[[nodiscard]] log::MarkUpdate repo_mark(std::string_view did, atproto::Tid rev);

struct RepoMark {
  std::string_view did;  ///< into the mark's value
  atproto::Tid rev;
};
/// None if the mark is another kind of mark.
[[nodiscard]] std::optional<RepoMark> read_repo_mark(std::string_view key, std::string_view value);

}  // namespace refold::index
