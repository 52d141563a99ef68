#include "core/cli/declare.h"

namespace refold::cli {

CLI::App* declare(const Commands& commands, const std::string& name, const std::string& description,
                  const std::string& example) {
  CLI::App* const command = commands.parent.add_subcommand(name, description)->group("Commands");
  command->footer("Example:\n  " + example);
  command->add_option("--data", commands.context.data, "the data directory")
      ->envname("REFOLD_DATA")
      ->type_name("DIR")
      ->capture_default_str();
  return command;
}

CLI::Validator checked_by(std::function<std::string(const std::string&)> complaint) {
  CLI::Validator validator(std::move(complaint), "");
  return validator;
}

void declare_json(CLI::App* command, Context& context) {
  command->add_flag("--json", context.json, "print JSON");
}

void choose(CLI::App* command, const Commands& commands, Result<Exit> (*run)(Context&)) {
  command->callback([run, &chosen = commands.chosen] { chosen = run; });
}

}  // namespace refold::cli
