#include "core/engine/doctor/doctor.h"

#include <algorithm>

#include "core/engine/doctor/checks.h"
#include "core/projection/projections.h"

namespace refold::engine {
namespace {

namespace fs = std::filesystem;

void check_configuration(const Patient& patient, const ReadConfig& read, Findings& findings) {
  for (const ConfigProblem& one : read.problems) {
    findings.fail("configuration", one.text(), "the engine does not start with it: mend it");
  }
  for (const std::string& name : unknown_variables(patient.environment)) {
    findings.warn("configuration", "the environment has " + name + ", which stands for no key",
                  "see docs/operating.md for the keys, and how variables are named after them");
  }
  findings.else_ok("configuration", patient.file ? patient.file->string() + " is right"
                                                 : std::string("there is none: the defaults"));
}

std::size_t views_in(const projection::Catalog::Contents& catalog) {
  std::size_t views = 0;
  for (const auto& record : catalog.projections) views += record.generations.size();
  return views;
}

/// What needs the log to be open.
void check_derived(const Patient& patient, const Config& config, const Machine& machine,
                   const log::WitnessLog& log, const log::LogStat& stat,
                   const projection::Catalog::Contents& catalog, Findings& findings) {
  check_log(log, stat, patient, findings);
  check_gaps(log, machine, findings);
  check_index(log, stat.last, findings);
  check_staged(config, catalog, findings);
  const auto all = projection::inspect(log);
  if (all.has_error()) {
    findings.fail("views", all.error().message, "restore catalog/ from a backup");
  } else {
    check_views(*all, findings);
  }
}

}  // namespace

std::string_view name(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::ok: return "ok";
    case Verdict::warn: return "warn";
    case Verdict::fail: break;
  }
  return "fail";
}

Verdict worst(const std::vector<Finding>& findings) noexcept {
  Verdict found = Verdict::ok;
  for (const Finding& one : findings) found = std::max(found, one.verdict);
  return found;
}

std::vector<Finding> examine(const Patient& patient) {
  Findings findings;
  const ReadConfig read = patient.file ? read_config(*patient.file, patient.environment)
                                       : default_config(patient.environment);
  // Where it is wrong it has its defaults: the rest can be looked at all the same.
  const Config& config = read.config;
  const Machine machine = patient.machine(config.data);
  check_configuration(patient, read, findings);
  check_permissions(config, findings);
  check_plugins(config, patient.runner, findings);
  check_disk(config, machine, findings);
  check_file_system(machine, findings);
  check_open_files(config, machine, findings);
  check_memory(config, machine, findings);
  check_socket(config, findings);
  check_sources(config, findings);
  // Before anything of the data directory is open here.
  check_readers(config, findings);

  const auto catalog = projection::Catalog::read(config.data);
  const projection::Catalog::Contents contents =
      catalog.has_value() ? *catalog : projection::Catalog::Contents{};
  if (catalog.has_value()) {
    check_leftovers(config, contents, findings);
  } else if (catalog.error().code != Errc::not_found) {
    findings.fail("catalog", catalog.error().message,
                  "restore catalog/ from a backup; without it, projections are loaded anew");
  }
  check_address_space(config, machine, views_in(contents), findings);
  auto log = log::WitnessLog::open_reader(config.data);
  auto stat = log.has_value() ? (*log)->stat() : Result<log::LogStat>(log.error());
  check_clock(machine, stat.has_value() ? &*stat : nullptr, findings);
  if (stat.has_value()) {
    check_derived(patient, config, machine, **log, *stat, contents, findings);
  } else if (stat.error().code == Errc::not_found) {
    findings.ok("log", "there is none yet in " + config.data.string());
  } else {
    findings.fail("log", stat.error().message, "restore log/ from a backup");
  }
  return std::move(findings.all());
}

}  // namespace refold::engine
