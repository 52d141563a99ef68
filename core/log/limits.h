#pragma once

#include <cstddef>
#include <cstdint>

#include "core/atproto/cbor.h"
#include "core/atproto/syntax.h"

namespace refold::log {

/// Bounds of every length in an event, on disk and in input.
inline constexpr std::size_t did_bytes_max = atproto::did_length_max;          // 2,048
inline constexpr std::size_t collection_bytes_max = atproto::nsid_length_max;  // 317
inline constexpr std::size_t rkey_bytes_max = atproto::record_key_length_max;  // 512
inline constexpr std::size_t record_bytes_max = atproto::record_bytes_max;     // 1 MiB
inline constexpr std::size_t source_bytes_max = 64;
inline constexpr std::size_t status_bytes_max = 1024;
inline constexpr std::size_t handle_bytes_max = 1024;
inline constexpr std::size_t cursor_name_bytes_max = 256;
inline constexpr std::size_t cursor_value_bytes_max = 4096;

/// Events are chained, sealed and counted in chunks: chunk k holds seqs k*4096+1 to (k+1)*4096.
inline constexpr std::uint64_t chunk_events = 4096;
/// A block of a segment: the unit of columns and of postings.
inline constexpr std::uint64_t block_events = 16 * chunk_events;
/// The most events of one segment (about a million).
inline constexpr std::uint64_t segment_events_max = 16 * block_events;

/// The most events of one page of a reader, and the bytes after which it ends. Sealed events are
/// made page_batch_events at a time, so a page may have so many large records more.
inline constexpr std::size_t page_events_max = 1024;
inline constexpr std::size_t page_batch_events = 64;
inline constexpr std::size_t page_bytes_max = std::size_t{8} << 20;

}  // namespace refold::log
