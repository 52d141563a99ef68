#pragma once

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/index/draft.h"
#include "core/ingest/jsonl.h"

namespace refold::ingest {

/// A fault and its words.
[[nodiscard]] inline LineError line_fault(LineFault what, std::string reason) {
  return {what, std::move(reason)};
}

/// A field that is absent, or null, is none.
[[nodiscard]] std::optional<simdjson::dom::element> find_field(const simdjson::dom::object& of,
                                                               std::string_view key);
using TextResult = boost::system::result<std::string_view, LineError>;
/// A text that must be there.
[[nodiscard]] TextResult text_at(const simdjson::dom::object& of, std::string_view key,
                                 LineFault if_not);

/// Reads the pieces that the forms of JSON events have in common. Reuses its memory; the document
/// read last is valid until the next one. One thread.
class JsonEvents {
 public:
  /// Parses a document that is one object. The record is in field `record` of the object in field
  /// `parent`; if simdjson cannot hold what is in it, only the record is lost.
  [[nodiscard]] LineResult parse(std::string_view text, const char* parent,
                                 simdjson::dom::object& root);

  [[nodiscard]] LineResult read_did(const simdjson::dom::object& of, index::DraftBatch& batch,
                                    index::Draft& draft);
  /// `commit` has rev, operation, collection, rkey, cid and record.
  [[nodiscard]] LineResult read_commit(const simdjson::dom::object& commit,
                                       index::DraftBatch& batch, index::Draft& draft);
  /// `event` has handle; it or `root` says when it happened.
  [[nodiscard]] LineResult read_identity(const simdjson::dom::object& event,
                                         const simdjson::dom::object& root,
                                         index::DraftBatch& batch, index::Draft& draft);
  /// `event` has active and status.
  [[nodiscard]] LineResult read_account(const simdjson::dom::object& event,
                                        const simdjson::dom::object& root, index::DraftBatch& batch,
                                        index::Draft& draft);
  /// The payload of a message of Jetstream v2, whatever it is: appends its draft, if it has one.
  /// `time_us` is when it happened; 0 if that is not known.
  [[nodiscard]] LineResult read_message(const simdjson::dom::object& payload,
                                        index::DraftBatch& batch, std::int64_t& time_us);
  /// The number and the time that the source has given the event.
  [[nodiscard]] static LineResult read_upstream(const simdjson::dom::object& event,
                                                const simdjson::dom::object& root,
                                                index::Draft& draft);

 private:
  bool blank_record(std::size_t size, const char* parent);
  void read_record(const simdjson::dom::object& commit, index::DraftBatch& batch,
                   index::Draft& draft);

  simdjson::dom::parser parser_{line_bytes_max};
  simdjson::ondemand::parser record_finder_{line_bytes_max};
  std::vector<char> padded_;
  std::size_t text_bytes_ = 0;
  bool record_refused_ = false;  ///< simdjson itself refused the record of the document
};

}  // namespace refold::ingest
