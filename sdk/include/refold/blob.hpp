#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "refold/cid.hpp"
#include "refold/detail/fields.hpp"
#include "refold/name.hpp"

namespace refold {

/// A file that a record refers to. Records of the first days have another form of it, without a
/// size; both are read.
struct Blob {
  Cid ref;
  std::string mime_type;
  std::optional<std::uint64_t> size;  ///< in bytes; none in the old form

  friend bool operator==(const Blob&, const Blob&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(ref), REFOLD_NAMED("mimeType", mime_type), REFOLD_FIELD(size));
  }
};

/// A record in one of its versions (com.atproto.repo.strongRef).
struct StrongRef {
  AtUri uri;
  std::string cid;  ///< as it was written; Cid::parse() reads it

  friend bool operator==(const StrongRef&, const StrongRef&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(uri), REFOLD_FIELD(cid));
  }
};

}  // namespace refold
