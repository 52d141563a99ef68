#pragma once

#include <span>
#include <string_view>

namespace refold::cli {

/// A file of the project that `refold plugin new` writes. In its name and text, NAME stands for the
/// plugin's name and TypeName for the same as a C++ type.
struct TemplateFile {
  std::string_view name;
  std::string_view text;
};

/// The files of sdk/template/, as they were when this program was built.
[[nodiscard]] std::span<const TemplateFile> plugin_template();

}  // namespace refold::cli
