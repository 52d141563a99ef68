#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/atproto/quote.h"
#include "core/engine/config/changes.h"
#include "core/engine/config/reading.h"
#include "core/engine/config/spelling.h"

namespace refold::engine {

/// One key of a configuration, all that is known of it: how it is read, shown, described, and how a
/// change of it comes into effect. `Of`: the struct that it is a field of.
template <class Of>
struct Key {
  std::string name;     ///< "http.listen"
  std::string summary;  ///< what it is, for people
  Applies applies = Applies::at_once;
  /// Takes the value into `Of`; what is wrong goes to the Reading.
  std::function<void(Of&, const Node&, Reading&)> read{};
  /// The value as TOML has it.
  std::function<std::string(const Of&)> show{};
  /// Gives one the value of the other.
  std::function<void(Of& to, const Of& from)> copy{};
  bool secret = false;           ///< not to be shown in changes
  bool from_environment = true;  ///< it can be written as one text
};

/// A sentence about a value, or nothing.
using TextCheck = std::function<std::string(std::string_view)>;

/// A key of a field that a function names: `field(config)` is a reference to it.
template <class Of, class Field>
Key<Of> field_key(std::string name, std::string summary, Field field) {
  Key<Of> key{std::move(name), std::move(summary)};
  key.copy = [field](Of& to, const Of& from) { field(to) = field(const_cast<Of&>(from)); };
  return key;
}

template <class Of, class Field>
Key<Of> text_key(std::string name, std::string summary, Field field, const TextCheck& check = {}) {
  Key<Of> key = field_key<Of>(std::move(name), std::move(summary), field);
  key.read = [field, check, name = key.name](Of& of, const Node& node, Reading& reading) {
    auto text = reading.text(node, name);
    if (!text) return;
    if (std::string wrong = check ? check(*text) : std::string(); !wrong.empty()) {
      return reading.refuse(node, name, std::move(wrong));
    }
    field(of) = std::move(*text);
  };
  key.show = [field](const Of& of) { return toml_text(field(const_cast<Of&>(of))); };
  return key;
}

template <class Of, class Field>
Key<Of> texts_key(std::string name, std::string summary, Field field, const TextCheck& check) {
  Key<Of> key = field_key<Of>(std::move(name), std::move(summary), field);
  key.read = [field, check, name = key.name](Of& of, const Node& node, Reading& reading) {
    const auto texts = reading.texts(node, name);
    if (!texts) return;
    field(of).clear();
    for (const Node& item : *texts) {
      if (std::string wrong = check(item.text); !wrong.empty()) {
        reading.refuse(item, name, std::move(wrong));
      } else {
        field(of).push_back(item.text);
      }
    }
  };
  key.show = [field](const Of& of) {
    std::string list;
    for (const std::string& text : field(const_cast<Of&>(of))) {
      list += (list.empty() ? "" : ", ") + toml_text(text);
    }
    return "[" + list + "]";
  };
  return key;
}

template <class Of, class Field>
Key<Of> path_key(std::string name, std::string summary, Field field) {
  Key<Of> key = field_key<Of>(std::move(name), std::move(summary), field);
  key.read = [field, name = key.name](Of& of, const Node& node, Reading& reading) {
    if (auto path = reading.path(node, name)) field(of) = std::move(*path);
  };
  key.show = [field](const Of& of) { return toml_text(field(const_cast<Of&>(of)).native()); };
  return key;
}

template <class Of, class Field>
Key<Of> flag_key(std::string name, std::string summary, Field field) {
  Key<Of> key = field_key<Of>(std::move(name), std::move(summary), field);
  key.read = [field, name = key.name](Of& of, const Node& node, Reading& reading) {
    if (const auto flag = reading.flag(node, name)) field(of) = *flag;
  };
  key.show = [field](const Of& of) {
    return std::string(field(const_cast<Of&>(of)) ? "true" : "false");
  };
  return key;
}

template <class Value>
struct Bounds {
  Value least;
  Value most;
};

/// Keys of numbers: how each of them is read and written.
template <class Of, class Field, class Value, class Read, class Show>
Key<Of> bounded_key(std::string name, std::string summary, Field field, Bounds<Value> bounds,
                    Read read, Show show) {
  Key<Of> key = field_key<Of>(std::move(name), std::move(summary), field);
  key.read = [=, name = key.name](Of& of, const Node& node, Reading& reading) {
    const auto value = read(reading, node, name);
    if (!value) return;
    if (*value < bounds.least || *value > bounds.most) {
      return reading.refuse(node, name,
                            show(*value) + " is out of bounds: it must be from " +
                                show(bounds.least) + " to " + show(bounds.most));
    }
    field(of) = *value;
  };
  key.show = [field, show](const Of& of) { return show(field(const_cast<Of&>(of))); };
  return key;
}

template <class Of, class Field>
Key<Of> count_key(std::string name, std::string summary, Field field,
                  Bounds<std::uint64_t> bounds) {
  return bounded_key<Of>(
      std::move(name), std::move(summary), field, bounds,
      [](Reading& reading, const Node& node, const std::string& key) {
        return reading.count(node, key);
      },
      [](std::uint64_t value) { return std::to_string(value); });
}

template <class Of, class Field>
Key<Of> size_key(std::string name, std::string summary, Field field, Bounds<std::uint64_t> bounds) {
  return bounded_key<Of>(
      std::move(name), std::move(summary), field, bounds,
      [](Reading& reading, const Node& node, const std::string& key) {
        return reading.size(node, key);
      },
      [](std::uint64_t value) { return toml_text(size_text(value)); });
}

template <class Of, class Field>
Key<Of> time_key(std::string name, std::string summary, Field field,
                 Bounds<std::chrono::milliseconds> bounds) {
  return bounded_key<Of>(
      std::move(name), std::move(summary), field, bounds,
      [](Reading& reading, const Node& node, const std::string& key) {
        return reading.time(node, key);
      },
      [](std::chrono::milliseconds value) { return toml_text(time_text(value)); });
}

/// The words of an enumeration.
template <class Value>
using Words = std::vector<std::pair<std::string, Value>>;

template <class Value>
std::vector<std::string> texts_of(const Words<Value>& words) {
  std::vector<std::string> texts;
  for (const auto& [word, value] : words) texts.push_back(word);
  return texts;
}

/// The value of a word; none is a problem.
template <class Value>
std::optional<Value> word_of(const Words<Value>& words, const Node& node, const std::string& key,
                             Reading& reading) {
  const auto text = reading.text(node, key);
  if (!text) return std::nullopt;
  std::string known;
  for (const auto& [word, value] : words) {
    if (word == *text) return value;
    known += (known.empty() ? "" : ", ") + toml_text(word);
  }
  reading.refuse(node, key,
                 "there is no " + atproto::quoted(*text) + "; it must be one of " + known +
                     suggestion(*text, texts_of(words)));
  return std::nullopt;
}

template <class Value>
std::string text_of(const Words<Value>& words, Value value) {
  for (const auto& [word, known] : words) {
    if (known == value) return word;
  }
  return {};
}

template <class Of, class Value, class Field>
Key<Of> word_key(std::string name, std::string summary, Field field, Words<Value> words) {
  Key<Of> key = field_key<Of>(std::move(name), std::move(summary), field);
  key.read = [field, words, name = key.name](Of& of, const Node& node, Reading& reading) {
    if (const auto value = word_of(words, node, name, reading)) field(of) = *value;
  };
  key.show = [field, words](const Of& of) {
    return toml_text(text_of(words, Value{field(const_cast<Of&>(of))}));
  };
  return key;
}

}  // namespace refold::engine
