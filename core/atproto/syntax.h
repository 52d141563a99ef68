#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace refold::atproto {

/// The syntax of the protocol's names, as its specifications and interoperability vectors give it.
/// All validators take hostile input, allocate nothing (patterns excepted), and run in one pass.
/// They say nothing about whether the thing named exists. Lengths are in bytes.
constexpr std::size_t did_length_max = 2048;
constexpr std::size_t nsid_length_max = 317;
constexpr std::size_t record_key_length_max = 512;
constexpr std::size_t handle_length_max = 253;
constexpr std::size_t at_uri_length_max = 8192;
constexpr std::size_t uri_length_max = 8192;
constexpr std::size_t cid_syntax_length_max = 256;

/// `did:method:identifier`, of any method (specs/did).
[[nodiscard]] bool valid_did(std::string_view text) noexcept;

/// `com.example.fooBar`: at least three segments, the last one a name without hyphens (specs/nsid).
[[nodiscard]] bool valid_nsid(std::string_view text) noexcept;

/// An NSID, or a prefix of NSIDs that some NSID has: `app.bsky.*` is all below `app.bsky`.
[[nodiscard]] bool valid_collection_pattern(std::string_view text);

/// 1 to 512 of `A-Za-z0-9._~:-`, neither "." nor ".." (specs/record-key).
[[nodiscard]] bool valid_record_key(std::string_view text) noexcept;

/// A domain name of at least two labels, of any case (specs/handle). `handle.invalid` is one.
[[nodiscard]] bool valid_handle(std::string_view text) noexcept;

/// `at://authority[/collection[/rkey]]`, where the authority is a DID or a handle; no query, no
/// fragment, no trailing slash (specs/at-uri-scheme, "restricted").
[[nodiscard]] bool valid_at_uri(std::string_view text) noexcept;

/// Any CID that some version or base could have made. Links and records may hold far fewer:
/// read_text.
[[nodiscard]] bool valid_cid_syntax(std::string_view text) noexcept;

/// `scheme:rest`, without white space.
[[nodiscard]] bool valid_uri(std::string_view text) noexcept;

/// A BCP 47 language tag: well-formed by RFC 5646 and without a repeated variant or singleton. The
/// registry of subtags is not consulted.
[[nodiscard]] bool valid_language(std::string_view text) noexcept;

/// The parts of an AT-URI, as views into it. What it does not have is empty.
struct AtUriParts {
  std::string_view did;
  std::string_view collection;
  std::string_view rkey;
};

/// Splits a valid AT-URI whose authority is a DID. None for everything else, a handle as authority
/// included: what it names changes with time.
[[nodiscard]] std::optional<AtUriParts> split_at_uri(std::string_view text) noexcept;

}  // namespace refold::atproto
