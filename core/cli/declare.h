#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/cli/commands.h"

namespace refold::cli {

/// A command below `commands.parent`, with an example in its help, and nothing else.
[[nodiscard]] CLI::App* declare_without_data(const Commands& commands, const std::string& name,
                                             const std::string& description,
                                             const std::string& example);
/// The same with --data.
[[nodiscard]] CLI::App* declare(const Commands& commands, const std::string& name,
                                const std::string& description, const std::string& example);

/// Refuses an argument, as wrong usage, unless `complaint` returns an empty text.
[[nodiscard]] CLI::Validator checked_by(std::function<std::string(const std::string&)> complaint);

/// Refuses what is not a whole number in digits alone: "-1", "0x10", "010", "12,281".
[[nodiscard]] CLI::Validator whole_number();

/// Refuses what is not "NAME=VALUE".
[[nodiscard]] CLI::Validator name_and_value();
/// The pairs of texts that have passed it.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> pairs_of(
    const std::vector<std::string>& texts);

/// Adds the argument NAME, a projection.
CLI::Option* declare_projection(CLI::App* command, std::string& name);

/// Adds --json.
void declare_json(CLI::App* command, Context& context);

/// Notes that `command` was named: one with --data runs in the engine, if there is one.
void note_named(const CLI::App* command, const Commands& commands);

/// When the user names `command`, `run(context, options)` is what the program does.
template <class Options, class Run>
void choose(CLI::App* command, const Commands& commands, std::shared_ptr<Options> options,
            Run run) {
  command->callback([command, options, run, commands] {
    note_named(command, commands);
    commands.chosen = [options, run](Context& context) { return run(context, *options); };
  });
}

/// For commands without arguments of their own.
void choose(CLI::App* command, const Commands& commands, Result<Exit> (*run)(Context&));

}  // namespace refold::cli
