#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/log/codec/dictionary.h"

namespace refold::log::codec {

[[nodiscard]] std::optional<Plc> read_plc(std::string_view did) noexcept;

/// Builds the dictionary of a segment in two passes over its events.
///
/// First count() everything, then choose(): what occurs often enough gets a number, the most
/// frequent the lowest. In the second pass the frame writer asks for these numbers; references get
/// their content then. write() comes last. One thread. Every actor and collection has an entry, so
/// their number bounds memory: full() says when a segment has enough of them. What payloads name is
/// bounded by `entries_max`, and spelled out beyond it.
class DictionaryBuilder {
 public:
  /// `events` is how many there will be (samples of their text are spread over all of them).
  explicit DictionaryBuilder(std::uint64_t events);

  /// First pass: one event, with its payloads.
  void count(const Event& event);
  /// More names would be too much for one segment.
  [[nodiscard]] bool full() const noexcept;
  /// Ends the first pass.
  void choose();

  // Second pass -----------------------------------------------------------------------------------
  /// The number of a head; new heads get the next one.
  [[nodiscard]] std::uint32_t head(const Head& head);
  /// The column value of an actor's DID: every actor has one.
  [[nodiscard]] std::uint64_t actor(std::string_view did) const;
  /// The column value of a DID in a payload; 0 if it is to be spelled out.
  [[nodiscard]] std::uint64_t did(const Plc& plc) const;
  /// The column value of a strong reference; 0 if it is to be spelled out.
  [[nodiscard]] std::uint64_t ref(const Slot& cid, const Slot& did, const Slot& tid);
  /// The number of a shape, from 1; 0 if the payload is to be kept as it is.
  [[nodiscard]] std::uint64_t shape(ByteView key) const;

  [[nodiscard]] std::size_t did_count() const noexcept;
  /// Takes payloads apart, for whoever writes frames.
  [[nodiscard]] Parser& parser() noexcept { return parser_; }
  /// Text that is typical of the payloads: what the compressor of texts may refer back to.
  [[nodiscard]] ByteView text_prefix() const noexcept { return text_prefix_; }
  /// Appends all but the two large tables.
  void write(Bytes& to) const;
  /// Appends the tables. The very last: what was counted is forgotten, to make room for them.
  void write_tables(Bytes& to);

 private:
  void count_payload(ByteView payload);

  struct Count {
    std::uint32_t times = 0;
    bool actor = false;
    std::uint32_t index = 0;  // column value, after choose()
  };
  struct PlcHash {
    std::size_t operator()(const Plc& plc) const noexcept;
  };
  struct Described {
    Ref ref{};
    bool known = false;
  };

  std::uint64_t sample_every_;
  std::uint64_t payloads_ = 0;
  Bytes text_prefix_;
  Parser parser_;
  std::map<Head, std::uint32_t> heads_;
  std::vector<Head> head_list_;
  boost::unordered_flat_map<Plc, Count, PlcHash> plcs_;
  std::map<std::string, Count, std::less<>> others_;
  std::size_t other_bytes_ = 0;
  std::set<std::string, std::less<>> collections_;
  std::vector<Plc> plc_list_;
  std::vector<std::string> other_list_;
  boost::unordered_flat_map<std::uint64_t, Count> refs_;  // by a hash of the digest
  std::vector<Described> ref_list_;
  std::map<std::string, Count, std::less<>> shapes_;
  std::vector<std::string> shape_list_;
  std::size_t shape_bytes_ = 0;
};

}  // namespace refold::log::codec
