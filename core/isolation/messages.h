#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/isolation/frame.h"
#include "core/projection/loop.h"
#include "core/projection/queries.h"

namespace refold::isolation {

/// The contents of messages (core/base/wire.h). What comes out of decode() is within bounds,
/// whatever the bytes were; none: they are no such message. Texts for people are of a form that no
/// terminal acts on.

/// Changes with what follows, so that programs of two releases do not misread each other.
inline constexpr std::string_view greeting = "refold processes 1";

/// What a process loads, and for which view.
struct CodeOrder {
  std::filesystem::path library;
  std::string hash;        ///< SHA-256, hexadecimal, that the library must have
  std::string projection;  ///< as the plugin calls it
  std::string name;        ///< of the instance
  std::vector<std::string> values;
  std::filesystem::path view;
  std::uint64_t map_bytes = 0;
};

[[nodiscard]] CodeOrder code_order(const projection::Code& code, const std::string& name,
                                   const std::vector<std::string>& values, const view::View& view);

/// What a loop's process works on. Of `loop` the plain numbers.
struct FoldOrder {
  CodeOrder code;
  std::filesystem::path log;
  projection::Slice slice;
  std::vector<log::Seq> skip;
  projection::LoopOptions loop;
  projection::Suspects suspects;
  bool watches = false;
  std::uint32_t watched_table = 0;
  Bytes watched_key;
  log::Seq until = projection::no_end;
  bool verified = false;
};

struct QueryRequest {
  std::uint32_t query = 0;
  std::vector<std::string> arguments;
};

struct Telling {
  projection::Activity activity{};
  std::string why;
};

struct WrittenRow {
  log::Seq seq = 0;
  std::optional<ByteView> row;  ///< points into the message
};

struct Line {
  int level = 0;
  std::string text;
};

using Texts = std::vector<std::string>;

[[nodiscard]] Bytes encode(const CodeOrder& order);
[[nodiscard]] Bytes encode(const FoldOrder& order);
[[nodiscard]] Bytes encode(const QueryRequest& request);
[[nodiscard]] Bytes encode(const projection::RowRequest& request);
[[nodiscard]] Bytes encode(const Telling& telling);
[[nodiscard]] Bytes encode(const projection::Failure& failure);
[[nodiscard]] Bytes encode(const WrittenRow& written);
[[nodiscard]] Bytes encode(const Line& line);
[[nodiscard]] Bytes encode(const Result<Texts>& answer);
[[nodiscard]] Bytes encode(const Error& error);
[[nodiscard]] Bytes encode_number(std::uint64_t number);

[[nodiscard]] bool decode(ByteView content, CodeOrder& to);
[[nodiscard]] bool decode(ByteView content, FoldOrder& to);
[[nodiscard]] bool decode(ByteView content, QueryRequest& to);
[[nodiscard]] bool decode(ByteView content, projection::RowRequest& to);
[[nodiscard]] bool decode(ByteView content, Telling& to);
[[nodiscard]] bool decode(ByteView content, projection::Failure& to);
[[nodiscard]] bool decode(ByteView content, WrittenRow& to);
[[nodiscard]] bool decode(ByteView content, Line& to);
[[nodiscard]] bool decode(ByteView content, std::optional<Result<Texts>>& to);
[[nodiscard]] bool decode(ByteView content, Error& to);
[[nodiscard]] bool decode_number(ByteView content, std::uint64_t& to);

/// Bounds of whole messages.
inline constexpr std::size_t order_bytes_max = std::size_t{256} << 20;
inline constexpr std::size_t fold_message_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t answer_bytes_max = 2 * REFOLD_ANSWER_MAX + (std::size_t{1} << 20);

}  // namespace refold::isolation
