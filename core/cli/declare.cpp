#include "core/cli/declare.h"

#include <charconv>

#include "core/atproto/quote.h"

namespace refold::cli {

CLI::App* declare_without_data(const Commands& commands, const std::string& name,
                               const std::string& description, const std::string& example) {
  CLI::App* const command = commands.parent.add_subcommand(name, description)->group("Commands");
  command->footer("Example:\n  " + example);
  return command;
}

CLI::App* declare(const Commands& commands, const std::string& name, const std::string& description,
                  const std::string& example) {
  CLI::App* const command = declare_without_data(commands, name, description, example);
  command->add_option("--data", commands.context.data, "the data directory")
      ->envname("REFOLD_DATA")
      ->type_name("DIR")
      ->check(checked_by([](const std::string& folder) {
        return folder.empty() ? "the name of the data directory is empty" : std::string{};
      }))
      ->capture_default_str();
  return command;
}

CLI::Validator checked_by(std::function<std::string(const std::string&)> complaint) {
  CLI::Validator validator(std::move(complaint), "");
  return validator;
}

CLI::Validator whole_number() {
  return checked_by([](const std::string& text) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = read.ec == std::errc{} && std::to_string(number) == text;
    return whole ? std::string{} : atproto::quoted(text) + " is not a whole number (12281)";
  });
}

CLI::Validator name_and_value() {
  return checked_by([](const std::string& text) {
    const auto sign = text.find('=');
    const bool fits = sign != std::string::npos && sign > 0;
    return fits ? std::string{} : atproto::quoted(text) + " is not NAME=VALUE (limit=10)";
  });
}

std::vector<std::pair<std::string, std::string>> pairs_of(const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& text : texts) {
    const auto sign = text.find('=');
    pairs.emplace_back(text.substr(0, sign), text.substr(sign + 1));
  }
  return pairs;
}

CLI::Option* declare_projection(CLI::App* command, std::string& name) {
  return command->add_option("NAME", name, "the projection")->required()->type_name("");
}

void declare_json(CLI::App* command, Context& context) {
  command->add_flag("--json", context.json, "print JSON");
}

void note_named(const CLI::App* command, const Commands& commands) {
  commands.context.in_engine = command->get_option_no_throw("--data") != nullptr;
}

void choose(CLI::App* command, const Commands& commands, Result<Exit> (*run)(Context&)) {
  command->callback([command, run, commands] {
    note_named(command, commands);
    commands.chosen = run;
  });
}

}  // namespace refold::cli
