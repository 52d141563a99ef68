#include "core/ingest/decoder.h"

#include "core/index/marks.h"

namespace refold::ingest {

void Decoder::finish(index::DraftBatch& batch) {
  for (const auto& [did, rev] : marks_) batch.extras.marks.push_back(index::repo_mark(did, rev));
  marks_.clear();
  if (options_.cursor_name.empty() || position_ == finished_position_) return;
  batch.extras.cursors.push_back({options_.cursor_name, std::to_string(position_)});
  finished_position_ = position_;
}

void Decoder::mark(std::string_view did, atproto::Tid rev) {
  const auto known = marks_.find(did);
  if (known == marks_.end()) {
    marks_.emplace(did, rev);
  } else {
    known->second = std::max(known->second, rev);
  }
}

atproto::Tid Decoder::marked(std::string_view did) const {
  const auto known = marks_.find(did);
  return known == marks_.end() ? atproto::Tid{} : known->second;
}

index::Draft gap_draft(std::string_view reason, std::uint64_t first, std::uint64_t last,
                       Arena& arena) {
  index::Draft draft;
  draft.kind = log::Kind::gap;
  draft.status = arena.copy(reason);
  draft.handle = arena.copy(std::to_string(first) + "-" + std::to_string(last));
  draft.upstream_seq = last;
  return draft;
}

}  // namespace refold::ingest
