#pragma once

#include <string>
#include <vector>

#include "core/engine/doctor/doctor.h"
#include "core/log/witness_log.h"
#include "core/projection/catalog.h"
#include "core/projection/status.h"

namespace refold::engine {

/// Takes what the checks find.
class Findings {
 public:
  void ok(std::string check, std::string sentence) {
    all_.push_back({std::move(check), Verdict::ok, std::move(sentence)});
  }
  void warn(std::string check, std::string sentence, std::string remedy) {
    all_.push_back({std::move(check), Verdict::warn, std::move(sentence), std::move(remedy)});
  }
  void fail(std::string check, std::string sentence, std::string remedy) {
    all_.push_back({std::move(check), Verdict::fail, std::move(sentence), std::move(remedy)});
  }
  /// ok, if nothing was found under that name.
  void else_ok(const std::string& check, std::string sentence) {
    for (const Finding& one : all_) {
      if (one.check == check) return;
    }
    ok(check, std::move(sentence));
  }
  [[nodiscard]] std::vector<Finding>& all() noexcept { return all_; }

 private:
  std::vector<Finding> all_;
};

// check_machine.cpp: what the machine gives, against what the configuration asks for.
void check_disk(const Config& config, const Machine& machine, Findings& findings);
void check_file_system(const Machine& machine, Findings& findings);
void check_open_files(const Config& config, const Machine& machine, Findings& findings);
void check_memory(const Config& config, const Machine& machine, Findings& findings);
/// `views`: how many there are.
void check_address_space(const Config& config, const Machine& machine, std::size_t views,
                         Findings& findings);
/// `log`: null if there is none.
void check_clock(const Machine& machine, const log::LogStat* log, Findings& findings);

// check_files.cpp: who may read and change what, and what lies around.
void check_permissions(const Config& config, Findings& findings);
void check_plugins(const Config& config, const std::filesystem::path& runner, Findings& findings);
void check_socket(const Config& config, Findings& findings);
/// Those of the configuration, and those that commands have added.
void check_sources(const Config& config, Findings& findings);
void check_readers(const Config& config, Findings& findings);
void check_leftovers(const Config& config, const projection::Catalog::Contents& catalog,
                     Findings& findings);

// check_data.cpp: the log and what is derived from it.
void check_log(const log::WitnessLog& log, const log::LogStat& stat, const Patient& patient,
               Findings& findings);
/// Events that sources have lost lately, which their servers have said.
void check_gaps(const log::WitnessLog& log, const Machine& machine, Findings& findings);
void check_index(const log::WitnessLog& log, log::Seq last, Findings& findings);
void check_staged(const Config& config, const projection::Catalog::Contents& catalog,
                  Findings& findings);
void check_views(const std::vector<projection::ProjectionStatus>& all, Findings& findings);

}  // namespace refold::engine
