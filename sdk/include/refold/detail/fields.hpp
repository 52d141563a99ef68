#pragma once

#include <cereal/cereal.hpp>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

/// The fields of a struct, as its serialize() names them:
///
///   struct Brew {
///     std::string beanRef;
///     std::optional<int> rating;
///     template <class Archive>
///     void serialize(Archive& archive) { archive(REFOLD_FIELD(beanRef), REFOLD_FIELD(rating)); }
///   };
///
/// One function for everything: decoding a record by the names of its fields, writing and reading a
/// row, printing it as JSON, describing its layout.
#define REFOLD_FIELD(member) ::cereal::make_nvp(#member, member)
/// For a field whose name is not the member's: REFOLD_NAMED("$type", type).
#define REFOLD_NAMED(name, member) ::cereal::make_nvp(name, member)

namespace refold::detail {

/// Calls serialize(): the member, also a private one of a friend of cereal::access, or the function
/// beside the type.
template <class Archive, class T>
void walk_fields(Archive& archive, T& value) {
  if constexpr (requires { cereal::access::member_serialize(archive, value); }) {
    cereal::access::member_serialize(archive, value);
  } else {
    serialize(archive, value);
  }
}
template <class Archive, class T>
concept HasFields = std::is_class_v<T> && requires(Archive& archive, T& value) {
  requires requires { cereal::access::member_serialize(archive, value); } || requires {
    serialize(archive, value);
  };
};

template <class T>
inline constexpr bool is_field = false;
template <class T>
inline constexpr bool is_field<cereal::NameValuePair<T>> = true;

/// An archive's operator(): Self::field(const char* name, T& value) for each of the fields. One
/// that was given without its name has the name null.
template <class Self>
class FieldWalker {
 public:
  template <class... Fields>
  Self& operator()(Fields&&... fields) {
    (one(fields), ...);
    return self();
  }

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
  template <class Field>
  void one(Field& field) {
    if constexpr (is_field<std::remove_cv_t<Field>>) {
      self().field(field.name, field.value);
    } else {
      self().field(nullptr, field);
    }
  }
};

/// The name of a type, for messages.
template <class T>
constexpr std::string_view type_name() noexcept {
  // "... type_name() [with T = Like; ..." (gcc), "... [T = Like]" (clang)
  std::string_view name = __PRETTY_FUNCTION__;
  name.remove_prefix(name.find("T = ") + 4);
  return name.substr(0, name.find_first_of(";]"));
}

}  // namespace refold::detail
