#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/atproto/cid.h"
#include "core/base/bytes.h"

namespace refold::ingest {

/// The most bytes of a frame; longer ones break the connection.
inline constexpr std::size_t frame_bytes_max = std::size_t{5} << 20;
/// The most operations of a commit that are read: ten times what a host may put into one.
inline constexpr std::size_t commit_operations_max = 2000;

/// One frame of com.atproto.sync.subscribeRepos as it lies in its bytes: read, but not judged.
/// Views point into the frame.
struct Frame {
  enum class Type : std::uint8_t { commit, sync, identity, account, info, error, unknown };

  /// One operation of a commit.
  struct Operation {
    std::string_view action;
    std::string_view path;
    std::optional<atproto::Cid> cid;
    std::optional<atproto::Cid> prev;
  };

  Type type = Type::unknown;
  std::string_view type_name;  ///< as the header has it: "#commit"; empty for errors
  std::optional<std::uint64_t> seq;
  std::string_view did;  ///< `repo` or `did`
  std::string_view rev;
  std::string_view time;
  std::string_view since;
  std::optional<atproto::Cid> commit;
  std::optional<atproto::Cid> prev_data;
  std::optional<ByteView> blocks;
  std::vector<Operation> operations;
  bool too_big = false;
  std::string_view handle;
  std::optional<bool> active;
  std::string_view status;
  std::string_view name;     ///< of an #info, or `error` of an error frame
  std::string_view message;  ///< of an #info or an error frame
  /// The first field whose value is of a type that it cannot have; empty: none.
  std::string_view wrong_field;
};

/// Reads a frame into `frame`, whose memory is used again. False, and why in `reason` (printable):
/// it is no frame, because its CBOR breaks a rule or its header is none.
[[nodiscard]] bool read_frame(ByteView message, Frame& frame, std::string& reason);

}  // namespace refold::ingest
