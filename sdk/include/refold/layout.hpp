#pragma once

#include <string>

#include "refold/json.hpp"
#include "refold/key.hpp"

/// How rows are laid out, as text: "{rated:u32,sum:i64}". Two builds with the same text can read
/// each other's rows.
namespace refold::detail {

template <class T>
void append_layout(std::string& out, unsigned depth = 0);

class LayoutFields : public FieldWalker<LayoutFields> {
 public:
  LayoutFields(std::string& out, unsigned depth) noexcept : out_(out), depth_(depth) {}
  template <class T>
  void field(const char* name, const T& /*value*/) {
    out_ += count_++ == 0 ? "" : ",";
    if (name != nullptr) (out_ += name) += ':';
    append_layout<T>(out_, depth_);
  }

 private:
  std::string& out_;
  unsigned depth_;
  std::size_t count_ = 0;
};

template <class... T>
void append_layouts(std::string& out, unsigned depth) {
  const char* before = "";
  ((out += std::exchange(before, ","), append_layout<T>(out, depth)), ...);
}

/// What is inside of containers, by their arguments.
template <class T>
struct ContainerLayout;
template <class T, class A>
struct ContainerLayout<std::vector<T, A>> {
  static void append(std::string& out, unsigned depth) {
    out += '[';
    append_layout<T>(out, depth);
    out += ']';
  }
};
template <class T, class C, class A>
struct ContainerLayout<std::set<T, C, A>> : ContainerLayout<std::vector<T>> {};
template <class T, std::size_t N>
struct ContainerLayout<std::array<T, N>> {
  static void append(std::string& out, unsigned depth) {
    append_layout<T>(out, depth);
    (out += '*') += std::to_string(N);
  }
};
template <class T>
struct ContainerLayout<std::optional<T>> {
  static void append(std::string& out, unsigned depth) {
    append_layout<T>(out, depth);
    out += '?';
  }
};
template <class K, class T, class C, class A>
struct ContainerLayout<std::map<K, T, C, A>> : ContainerLayout<std::vector<std::pair<K, T>>> {};
template <class... T>
struct ContainerLayout<std::tuple<T...>> {
  static void append(std::string& out, unsigned depth) {
    out += '(';
    append_layouts<T...>(out, depth);
    out += ')';
  }
};
template <class A, class B>
struct ContainerLayout<std::pair<A, B>> : ContainerLayout<std::tuple<A, B>> {};

template <class T>
void append_layout(std::string& out, unsigned depth) {
  constexpr unsigned depth_max = 16;  // a type may hold itself
  if (depth > depth_max) {
    out += "...";
  } else if constexpr (std::is_floating_point_v<T>) {
    (out += 'f') += std::to_string(8 * sizeof(T));
  } else if constexpr (std::is_same_v<T, Cid> || std::is_same_v<T, Tid> ||
                       std::is_same_v<T, Time> || std::is_same_v<T, Bytes> ||
                       std::is_same_v<T, std::string> || std::is_same_v<T, bool> || Number<T> ||
                       std::is_enum_v<T> || std::derived_from<T, Name<T>>) {
    out += KeyForm<T>::layout();
  } else if constexpr (std::is_integral_v<T>) {
    (out += 'u') += std::to_string(8 * sizeof(T));  // characters
  } else if constexpr (std::is_same_v<T, Datetime>) {
    out += "text";
  } else if constexpr (std::is_same_v<T, Record>) {
    out += "bytes";
  } else if constexpr (requires { &ContainerLayout<T>::append; }) {
    ContainerLayout<T>::append(out, depth + 1);
  } else {
    T value{};
    LayoutFields fields(out, depth + 1);
    out += '{';
    walk_fields(fields, value);
    out += '}';
  }
}

template <class Key, class Row>
std::string layout_of() {
  std::string text = "key:" + KeyForm<Key>::layout() + " row:";
  append_layout<Row>(text);
  return text;
}

}  // namespace refold::detail
