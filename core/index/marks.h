#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// A mark that a repo is to be fetched as a whole: at `rev` it had records that were not sent. A
/// sync draft that is news makes it.
[[nodiscard]] log::MarkUpdate fetch_mark(std::string_view did, atproto::Tid rev);
/// A mark that a repo was compared with the index as a whole, as it was at `rev`.
[[nodiscard]] log::MarkUpdate whole_mark(std::string_view did, atproto::Tid rev);

/// The repos that are to be fetched: those with a fetch_mark and no whole_mark of that rev or
/// later. At most `count_max` of them, in no particular order. Any thread; goes through all marks.
[[nodiscard]] Result<std::vector<std::string>> repos_to_fetch(const log::WitnessLog& log,
                                                              std::size_t count_max);
/// The rev of the repo's whole_mark; none if it was never compared.
[[nodiscard]] Result<std::optional<atproto::Tid>> whole_rev(const log::WitnessLog& log,
                                                            std::string_view did);

}  // namespace refold::index
