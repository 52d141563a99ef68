#include "core/cli/config_option.h"

#include <filesystem>

namespace refold::cli {

void declare_config(CLI::App* command, ConfigOption& option) {
  command
      ->add_option("--config", option.file,
                   "the configuration; if none is named, the refold.toml that is here")
      ->envname("REFOLD_CONFIG")
      ->type_name("FILE");
  command->add_option("--data", option.data, "the data directory, whatever the configuration says")
      ->type_name("DIR");
}

Result<engine::RunSetup> setup_of(const ConfigOption& option) {
  engine::RunSetup setup{{}, engine::environment_of_this_process()};
  if (!option.data.empty()) setup.environment["REFOLD_DATA"] = option.data;
  std::error_code failed;
  if (!option.file.empty()) {
    setup.file = option.file;
  } else if (std::filesystem::exists(engine::config_file_name, failed)) {
    setup.file = engine::config_file_name;
  } else if (!setup.environment.contains("REFOLD_DATA")) {
    return Error{Errc::not_found,
                 "there is no refold.toml here; name one (--config FILE), or a data directory "
                 "(--data DIR),\nor have one written: refold init"};
  }
  return setup;
}

}  // namespace refold::cli
