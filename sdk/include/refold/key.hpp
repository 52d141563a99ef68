#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "refold/bytes.hpp"
#include "refold/cid.hpp"
#include "refold/detail/key_bytes.hpp"
#include "refold/name.hpp"
#include "refold/tid.hpp"
#include "refold/time.hpp"

/// Keys as bytes. Their order as bytes is the order of the values they were made of, so a table is
/// in the order of its keys, and a prefix of a tuple is a prefix of the bytes.
///
///   bool                     00 or 01
///   unsigned integer, Tid    big-endian, in the width of the type
///   signed integer, Time     the same, with the first bit inverted
///   enum                     as its underlying integer
///   text: std::string, Did,  the bytes, 00 as 01 01 and 01 as 01 02; then 00
///     Nsid, AtUri, ...; Bytes
///   Cid                      36 bytes
///   std::optional<T>         00; or 01 and the value. Nothing comes first
///   std::tuple, std::pair    one part after the other
///
/// Each form says itself where it ends, so no key is a prefix of another one.
namespace refold::detail {

/// How a T is written into a key. `View` is what is written: it does not own, so that no key needs
/// an allocation to be looked up.
template <class T>
struct KeyForm {
  static_assert(sizeof(T) == 0,
                "refold: a key is made of integers, bool, enums, text (std::string, Did, Nsid, "
                "AtUri, ...), Bytes, Tid, Cid, Time, and std::optional, std::pair and std::tuple "
                "of these");
};

/// An integer, not a character and not a bool.
template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                 !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                 !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <Number T>
struct KeyForm<T> {
  using View = T;
  using Unsigned = std::make_unsigned_t<T>;
  static constexpr Unsigned flip =
      std::is_signed_v<T> ? static_cast<Unsigned>(Unsigned{1} << (8 * sizeof(T) - 1)) : Unsigned{};
  static void write(Buffer& out, T value) {
    write_big_endian(out, static_cast<Unsigned>(static_cast<Unsigned>(value) ^ flip));
  }
  static bool read(KeyInput& in, T& value) noexcept {
    Unsigned read{};
    if (!read_big_endian(in, read)) return false;
    value = static_cast<T>(static_cast<Unsigned>(read ^ flip));
    return true;
  }
  static std::string layout() {
    return (std::is_signed_v<T> ? "i" : "u") + std::to_string(8 * sizeof(T));
  }
};

template <>
struct KeyForm<bool> {
  using View = bool;
  static void write(Buffer& out, bool value) { out.push(value ? 1 : 0); }
  static bool read(KeyInput& in, bool& value) noexcept {
    if (in.left() == 0 || *in.at > 1) return false;
    value = *in.at++ == 1;
    return true;
  }
  static std::string layout() { return "bool"; }
};

template <class T>
requires std::is_enum_v<T>
struct KeyForm<T> {
  using View = T;
  using Form = KeyForm<std::underlying_type_t<T>>;
  static void write(Buffer& out, T value) {
    Form::write(out, static_cast<std::underlying_type_t<T>>(value));
  }
  static bool read(KeyInput& in, T& value) noexcept {
    std::underlying_type_t<T> read{};
    if (!Form::read(in, read)) return false;
    value = static_cast<T>(read);
    return true;
  }
  static std::string layout() { return Form::layout(); }
};

template <>
struct KeyForm<Tid> {
  using View = Tid;
  static void write(Buffer& out, Tid tid) { write_big_endian(out, tid.value); }
  static bool read(KeyInput& in, Tid& tid) noexcept { return read_big_endian(in, tid.value); }
  static std::string layout() { return "u64"; }
};

template <>
struct KeyForm<Time> {
  using View = Time;
  using Form = KeyForm<std::int64_t>;
  static void write(Buffer& out, Time time) { Form::write(out, time.time_since_epoch().count()); }
  static bool read(KeyInput& in, Time& time) noexcept {
    std::int64_t micros = 0;
    if (!Form::read(in, micros)) return false;
    time = Time(std::chrono::microseconds(micros));
    return true;
  }
  static std::string layout() { return "i64"; }
};

template <>
struct KeyForm<Cid> {
  using View = Cid;
  static void write(Buffer& out, const Cid& cid) { out.append(cid.bytes); }
  static bool read(KeyInput& in, Cid& cid) noexcept {
    if (in.left() < cid.bytes.size()) return false;
    std::memcpy(cid.bytes.data(), in.at, cid.bytes.size());
    in.at += cid.bytes.size();
    return true;
  }
  static std::string layout() { return "cid"; }
};

template <>
struct KeyForm<std::string> {
  using View = std::string_view;
  static void write(Buffer& out, std::string_view text) {
    write_escaped(out, bytes_of(text));
    out.push(0);
  }
  static bool read(KeyInput& in, std::string& text) {
    text.clear();
    return read_escaped(in, text);
  }
  static std::string layout() { return "text"; }
};

template <>
struct KeyForm<Bytes> {
  using View = ByteView;
  static void write(Buffer& out, ByteView bytes) {
    write_escaped(out, bytes);
    out.push(0);
  }
  static bool read(KeyInput& in, Bytes& bytes) {
    bytes.clear();
    return read_escaped(in, bytes);
  }
  static std::string layout() { return "bytes"; }
};

template <class T>
requires std::derived_from<T, Name<T>>
struct KeyForm<T> {
  using View = std::string_view;
  static void write(Buffer& out, std::string_view text) { KeyForm<std::string>::write(out, text); }
  static bool read(KeyInput& in, T& name) {
    std::string text;
    if (!KeyForm<std::string>::read(in, text)) return false;
    name = T::unchecked(text);
    return true;
  }
  static std::string layout() { return "text"; }
};

template <class T>
struct KeyForm<std::optional<T>> {
  using View = std::optional<typename KeyForm<T>::View>;
  static void write(Buffer& out, const View& value) {
    out.push(value ? 1 : 0);
    if (value) KeyForm<T>::write(out, *value);
  }
  static bool read(KeyInput& in, std::optional<T>& value) {
    bool there = false;
    value.reset();
    if (!KeyForm<bool>::read(in, there)) return false;
    return !there || KeyForm<T>::read(in, value.emplace());
  }
  static std::string layout() { return KeyForm<T>::layout() + "?"; }
};

template <class... Parts>
struct KeyForm<std::tuple<Parts...>> {
  using View = std::tuple<typename KeyForm<Parts>::View...>;
  static void write(Buffer& out, const View& key) {
    std::apply([&out](const auto&... parts) { (KeyForm<Parts>::write(out, parts), ...); }, key);
  }
  static bool read(KeyInput& in, std::tuple<Parts...>& key) {
    return std::apply([&in](auto&... parts) { return (KeyForm<Parts>::read(in, parts) && ...); },
                      key);
  }
  static std::string layout() {
    std::string text;
    ((text += (text.empty() ? "(" : ",") + KeyForm<Parts>::layout()), ...);
    return text + ")";
  }
};

template <class First, class Second>
struct KeyForm<std::pair<First, Second>> {
  using View = std::pair<typename KeyForm<First>::View, typename KeyForm<Second>::View>;
  static void write(Buffer& out, const View& key) {
    KeyForm<First>::write(out, key.first);
    KeyForm<Second>::write(out, key.second);
  }
  static bool read(KeyInput& in, std::pair<First, Second>& key) {
    return KeyForm<First>::read(in, key.first) && KeyForm<Second>::read(in, key.second);
  }
  static std::string layout() { return KeyForm<std::tuple<First, Second>>::layout(); }
};

template <class Key>
void write_key(Buffer& out, const typename KeyForm<Key>::View& key) {
  KeyForm<Key>::write(out, key);
}

/// False if these bytes are no such key.
template <class Key>
bool read_key(ByteView bytes, Key& key) {
  KeyInput in{bytes.data(), bytes.data() + bytes.size()};
  return KeyForm<Key>::read(in, key) && in.at == in.end;
}

/// The part of a key with this index; the key itself if it has one part only.
template <std::size_t Index, class Key>
struct KeyPart {
  static_assert(Index == 0, "refold: more parts than the key has");
  using Type = Key;
};
template <std::size_t Index, class... Parts>
struct KeyPart<Index, std::tuple<Parts...>> {
  static_assert(Index < sizeof...(Parts), "refold: more parts than the key has");
  using Type = std::tuple_element_t<Index, std::tuple<Parts...>>;
};
template <std::size_t Index, class First, class Second>
struct KeyPart<Index, std::pair<First, Second>> : KeyPart<Index, std::tuple<First, Second>> {};

/// Writes one part. An integer of another type must be in the range of the part's.
template <class Part, class Given>
void write_part(Buffer& out, const Given& given) {
  if constexpr (Number<Part> && Number<Given>) {
    if (!std::in_range<Part>(given)) throw std::out_of_range("a number is no part of such a key");
    KeyForm<Part>::write(out, static_cast<Part>(given));
  } else {
    KeyForm<Part>::write(out, given);
  }
}

/// Writes the first parts of a Key.
template <class Key, class... Given>
void write_parts(Buffer& out, const Given&... given) {
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (write_part<typename KeyPart<Index, Key>::Type>(out, given), ...);
  }
  (std::index_sequence_for<Given...>());
}

}  // namespace refold::detail
