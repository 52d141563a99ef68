#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/atproto/cbor_writer.h"
#include "core/atproto/cid.h"
#include "core/base/bytes.h"
#include "tests/support/repo_builder.h"

namespace refold::testing {

/// What a #commit says. Views of the caller.
struct CommitFrame {
  struct Operation {
    std::string_view action;
    std::string path;
    std::optional<atproto::Cid> cid;
  };
  std::uint64_t seq = 1;
  std::string_view did;
  std::string_view rev;
  std::string_view time = "2026-11-22T08:20:53.041Z";
  std::vector<Operation> operations;
  atproto::Cid commit;
  ByteView blocks;
  bool too_big = false;
};

inline void put_frame_header(atproto::cbor::Writer& writer, std::string_view type) {
  writer.map(2);
  writer.key("t");
  writer.text(type);
  writer.key("op");
  writer.unsigned_integer(1);
}

/// Appends the frame to `out`, field for field as the reference PDS sends it.
inline void put_commit_frame(const CommitFrame& frame, Bytes& out) {
  atproto::cbor::Writer header(out);
  put_frame_header(header, "#commit");
  atproto::cbor::Writer body(out);
  body.map(11);
  body.key("ops");
  body.array(frame.operations.size());
  for (const CommitFrame::Operation& operation : frame.operations) {
    body.map(3);
    body.key("cid");
    if (operation.cid) {
      body.link(*operation.cid);
    } else {
      body.null();
    }
    body.key("path");
    body.text(operation.path);
    body.key("action");
    body.text(operation.action);
  }
  body.key("rev");
  body.text(frame.rev);
  body.key("seq");
  body.unsigned_integer(frame.seq);
  body.key("repo");
  body.text(frame.did);
  body.key("time");
  body.text(frame.time);
  body.key("blobs");
  body.array(0);
  body.key("since");
  body.null();
  body.key("blocks");
  body.bytes(frame.blocks);
  body.key("commit");
  body.link(frame.commit);
  body.key("rebase");
  body.boolean(false);
  body.key("tooBig");
  body.boolean(frame.too_big);
}

/// A #sync, #identity or #account: `seq`, `did`, `time`, and what `more` puts in front of them in
/// the order of CBOR. `pairs` counts what `more` puts.
template <class More>
void put_notice_frame(std::string_view type, std::uint64_t seq, std::string_view did,
                      std::uint64_t pairs, const More& more, Bytes& out) {
  atproto::cbor::Writer header(out);
  put_frame_header(header, type);
  atproto::cbor::Writer body(out);
  body.map(3 + pairs);
  body.key("did");
  body.text(did);
  body.key("seq");
  body.unsigned_integer(seq);
  body.key("time");
  body.text("2026-11-22T08:20:49.688Z");
  more(body);
}

}  // namespace refold::testing
