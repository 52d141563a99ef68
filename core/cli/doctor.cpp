#include "core/engine/doctor/doctor.h"

#include <memory>

#include "core/base/json_writer.h"
#include "core/cli/commands.h"
#include "core/cli/config_option.h"
#include "core/cli/declare.h"
#include "core/cli/progress.h"
#include "core/cli/text.h"

namespace refold::cli {

using engine::Finding;
using engine::Verdict;

namespace {

struct DoctorOptions {
  ConfigOption config;
  bool full = false;
};

std::string finding_text(const Finding& one, const Output& out) {
  static constexpr std::size_t columns = 16;
  const Colour colour = one.verdict == Verdict::ok     ? Colour::green
                        : one.verdict == Verdict::warn ? Colour::yellow
                                                       : Colour::red;
  std::string verdict(name(one.verdict));
  verdict.resize(5, ' ');
  std::string check = one.check;
  check.resize(std::max(columns, check.size() + 1), ' ');
  std::string text = out.paint(colour, verdict) + check + escaped_once(one.sentence) + "\n";
  if (!one.remedy.empty())
    text += "     " + std::string(columns, ' ') + escaped_once(one.remedy) + "\n";
  return text;
}

std::string findings_json(const std::vector<Finding>& findings) {
  std::string out;
  JsonWriter json(out);
  json.open('{').field("verdict", name(engine::worst(findings))).key("findings").open('[');
  for (const Finding& one : findings) {
    json.open('{').field("check", one.check).field("verdict", name(one.verdict));
    json.field("sentence", one.sentence).field("remedy", one.remedy).close('}');
  }
  json.close(']').close('}');
  return out;
}

/// As setup_of(), but that there is nothing is no reason not to look at the machine.
engine::RunSetup setup_if_any(const ConfigOption& option) {
  const auto setup = setup_of(option);
  return setup.has_value() ? *setup : engine::RunSetup{{}, engine::environment_of_this_process()};
}

Result<Exit> run_doctor(Context& context, const DoctorOptions& options) {
  const engine::RunSetup setup = setup_if_any(options.config);
  Progress progress("events");
  engine::Patient patient{setup.file, setup.environment, options.full};
  patient.progress = [&](log::Seq checked, log::Seq last) {
    progress.update("verify", checked, last, checked);
  };
  const auto findings = engine::examine(patient);
  progress.clear();
  if (context.json) {
    context.out.line(findings_json(findings));
  } else {
    for (const Finding& one : findings) context.out.put(finding_text(one, context.out));
  }
  switch (engine::worst(findings)) {
    case Verdict::ok: return Exit::ok;
    case Verdict::warn: return Exit::refused;
    case Verdict::fail: break;
  }
  return Exit::failed;
}

}  // namespace

void add_doctor(const Commands& commands) {
  CLI::App* const command = declare_without_data(
      commands, "doctor", "look for what is wrong, or will be",
      "refold doctor --config /etc/refold/refold.toml\n\n"
      "Changes nothing; works beside a running engine. Exit status: 0 all is well, 3 there are "
      "warnings,\n1 something is wrong.");
  auto options = std::make_shared<DoctorOptions>();
  declare_config(command, options->config);
  command->add_flag("--full", options->full, "recompute every checksum of the log");
  declare_json(command, commands.context);
  choose(command, commands, options, run_doctor);
}

}  // namespace refold::cli
