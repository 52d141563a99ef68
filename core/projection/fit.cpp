#include "core/projection/fit.h"

#include <algorithm>

#include "core/base/digest.h"
#include "core/log/chain.h"

namespace refold::projection {
namespace {

std::string remedy(const view::Checkpoint& checkpoint) {
  return "; build it anew: refold projection replay " + checkpoint.projection;
}

std::string who(const view::Checkpoint& checkpoint) {
  return "generation " + std::to_string(checkpoint.generation) + " of '" + checkpoint.projection +
         "'";
}

Misfit of_log(const view::Checkpoint& checkpoint, const std::string& what) {
  return {Misfit::Kind::log, {Errc::invalid, who(checkpoint) + what + remedy(checkpoint)}};
}

/// The first table whose rows are laid out in another way; none if there is no telling.
std::optional<std::string> relaid(const view::Checkpoint& checkpoint,
                                  const plugin::ProjectionInfo& info) {
  if (checkpoint.layouts.empty() || info.layouts.empty()) return std::nullopt;
  if (checkpoint.layouts.size() != info.layouts.size()) return info.tables.front();
  for (std::size_t table = 0; table < info.layouts.size(); ++table) {
    if (checkpoint.layouts[table] != info.layouts[table]) return info.tables[table];
  }
  return std::nullopt;
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

Misfit of_layout(const view::Checkpoint& checkpoint, const Code& code, const std::string& what) {
  return {Misfit::Kind::layout,
          {Errc::invalid, "version " + code.version + " of '" + code.info.name + "' " + what +
                              " the one that built " + who(checkpoint) + ", with the same fold " +
                              std::to_string(code.info.fold) +
                              "; its author has to give it another fold number"}};
}

std::optional<Misfit> code_misfit(const view::Checkpoint& checkpoint,
                                  const std::vector<std::string>& tables, const Code& code,
                                  const std::vector<std::string>& values) {
  if (checkpoint.fold != code.info.fold) {
    return Misfit{Misfit::Kind::code,
                  {Errc::invalid, who(checkpoint) + " was built by fold " +
                                      std::to_string(checkpoint.fold) + ", and the code is fold " +
                                      std::to_string(code.info.fold) + remedy(checkpoint)}};
  }
  if (checkpoint.options != options_text(code.info, values)) {
    return Misfit{
        Misfit::Kind::code,
        {Errc::invalid, who(checkpoint) + " was built with other options" + remedy(checkpoint)}};
  }
  if (const auto wanted = view_tables(code.info); wanted != tables) {
    return of_layout(
        checkpoint, code,
        "has other tables (" + names_text(wanted) + ", not " + names_text(tables) + ") than");
  }
  const auto table = relaid(checkpoint, code.info);
  if (!table) return std::nullopt;
  return of_layout(checkpoint, code, "lays out the table '" + *table + "' in another way than");
}

}  // namespace

std::uint64_t event_checksum(const log::Event& event) {
  Bytes header;
  log::append_chain_header(header, event);
  return checksum(header);
}

Result<std::uint64_t> event_checksum(const log::WitnessLog& log, log::Seq seq) {
  if (seq == 0) return std::uint64_t{0};
  log::Page page;
  const auto found = log.get(seq, page);
  if (found.has_error()) {
    if (found.error().code == Errc::unsupported) return std::uint64_t{0};
    return found.error();
  }
  return event_checksum(page.events.front());
}

Result<view::Checkpoint> first_checkpoint(const log::WitnessLog& log, const Code& code,
                                          const std::vector<std::string>& values,
                                          const std::string& projection, std::uint64_t generation) {
  REFOLD_TRY(const log::LogStat stat, log.stat());
  view::Checkpoint checkpoint;
  checkpoint.log_id = log.id();
  checkpoint.redaction_epoch = stat.redaction_epoch;
  // One that is not finished is still to be met: what is read meanwhile may be half of it.
  for (; checkpoint.redaction_epoch > 0; --checkpoint.redaction_epoch) {
    REFOLD_TRY(const auto range, log.redaction(checkpoint.redaction_epoch));
    if (!range || range->finished) break;
  }
  checkpoint.generation = generation;
  checkpoint.projection = projection;
  checkpoint.plugin = code.plugin;
  checkpoint.version = code.version;
  checkpoint.build_id = code.build_id;
  checkpoint.fold = code.info.fold;
  checkpoint.options = options_text(code.info, values);
  checkpoint.layouts = code.info.layouts;
  return checkpoint;
}

Result<std::optional<Misfit>> log_misfit(const log::WitnessLog& log,
                                         const view::Checkpoint& checkpoint) {
  using Found = std::optional<Misfit>;
  REFOLD_TRY(const log::Seq last, log.last());
  if (checkpoint.log_id != log.id()) {
    return Found(of_log(checkpoint, " was built from another log (" + hex(checkpoint.log_id) +
                                        ") than this one (" + hex(log.id()) + ")"));
  }
  if (checkpoint.seq > last) {
    return Found(of_log(checkpoint, " is at seq " + std::to_string(checkpoint.seq) +
                                        ", but the log ends at " + std::to_string(last) +
                                        ": an older copy of the log was restored"));
  }
  REFOLD_TRY(const std::uint64_t found, event_checksum(log, checkpoint.seq));
  if (found != checkpoint.event_checksum) {
    return Found(of_log(checkpoint, " has seen another event " + std::to_string(checkpoint.seq) +
                                        " than the log has now: an older copy of the log was "
                                        "restored, and its seqs were used again"));
  }
  return Found();
}

Result<std::optional<Misfit>> misfit(const log::WitnessLog& log, const view::Checkpoint& checkpoint,
                                     const std::vector<std::string>& tables, const Code& code,
                                     const std::vector<std::string>& values) {
  using Found = std::optional<Misfit>;
  REFOLD_TRY(const log::LogStat stat, log.stat());
  REFOLD_TRY(Found of_another_log, log_misfit(log, checkpoint));
  if (of_another_log) return of_another_log;
  if (auto other = code_misfit(checkpoint, tables, code, values)) return Found(std::move(other));
  REFOLD_TRY(const Erasure erased,
             erasure(log, stat.redaction_epoch, checkpoint, code.wants(REFOLD_HISTORY)));
  if (erased != Erasure::missed) return Found();
  Misfit missed = of_log(checkpoint, " was at seq " + std::to_string(checkpoint.seq) +
                                         " when the log erased payloads that it should have taken "
                                         "back first");
  missed.kind = Misfit::Kind::erasure;
  return Found(std::move(missed));
}

Result<Erasure> erasure(const log::WitnessLog& log, std::uint64_t epoch_now,
                        const view::Checkpoint& checkpoint, bool history) {
  Erasure worst = Erasure::none;
  for (std::uint64_t epoch = checkpoint.redaction_epoch + 1; epoch <= epoch_now; ++epoch) {
    REFOLD_TRY(const auto range, log.redaction(epoch));
    Erasure effect = Erasure::none;
    if (!range) {
      effect = checkpoint.seq == 0 ? Erasure::none : Erasure::missed;
    } else if (checkpoint.seq < range->first) {
      effect = range->finished ? Erasure::none : Erasure::unfinished;
    } else if (checkpoint.seq < range->last) {
      effect = Erasure::missed;
    } else if (history) {
      effect = Erasure::outdated;
    }
    worst = std::max(worst, effect);
  }
  return worst;
}

}  // namespace refold::projection
