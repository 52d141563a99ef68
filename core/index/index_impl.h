#pragma once

#include <future>

#include "core/index/index.h"
#include "core/index/lookup.h"
#include "core/index/store.h"

namespace refold::index {

/// Shared by index.cpp (open, catch up), index_flush.cpp, scan.cpp (what it holds) and rebuild.cpp.
struct Index::Impl {
  const log::WitnessLog& log;
  IndexOptions options;
  std::unique_ptr<Store> store;
  Overlay recent;        ///< changes since the last flush began
  Overlay frozen;        ///< changes that are being flushed
  log::Seq applied = 0;  ///< where `recent` ends
  log::Seq frozen_to = 0;
  log::Seq flushed = 0;
  bool dirty = false;    ///< something is in `recent`
  bool damaged = false;  ///< the file was found corrupt, as opposed to the log
  Lookup mine;
  std::future<Result<void>>
      writing;  ///< valid while there is something in `frozen`; destroyed first

  Impl(const log::WitnessLog& of, const IndexOptions& with, std::unique_ptr<Store> in)
      : log(of), options(with), store(std::move(in)), mine(nullptr, recent, frozen, *store) {}

  /// The outcome of a step that reads the file and not the log.
  template <class T>
  [[nodiscard]] Result<T> of_file(Result<T> outcome) {
    if (outcome.has_error() && outcome.error().code == Errc::corrupt) damaged = true;
    return outcome;
  }

  [[nodiscard]] bool flush_due() const;
  [[nodiscard]] bool flush_overdue() const noexcept;
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] Result<void> flush_behind();
  /// Opens the store again if it is closed: on the writer's thread, before another one uses it.
  [[nodiscard]] Result<void> open_again();
  [[nodiscard]] Result<void> start_writing();
  [[nodiscard]] Result<void> end_writing();

  /// Up to `last` only, which is at most the log's.
  [[nodiscard]] Result<void> catch_up(log::Seq last);
  [[nodiscard]] Result<void> fold_marks();

  /// Of the event with that seq.
  [[nodiscard]] static Result<Checkpoint> checkpoint_at(const log::WitnessLog& log, log::Seq seq);
  /// The file's checkpoint; none if there is none or it is not one of this log.
  [[nodiscard]] Result<std::optional<Checkpoint>> checkpoint();
  /// Takes up the file where its checkpoint says, or `anew`, and catches up. Nothing if the file
  /// has to be built anew.
  [[nodiscard]] static Result<std::unique_ptr<Index>> take_up(const log::WitnessLog& log,
                                                              const IndexOptions& options,
                                                              bool anew);
  /// Writes an index of the log's events up to `last` and of its marks into a new file.
  [[nodiscard]] static Result<std::unique_ptr<Impl>> build(const log::WitnessLog& log,
                                                           const IndexOptions& options,
                                                           const std::filesystem::path& file,
                                                           log::Seq last);
};

[[nodiscard]] std::filesystem::path index_file(const log::WitnessLog& log);
/// Creates the index's folder, and removes what an interrupted rebuild left there.
[[nodiscard]] Result<void> prepare_folder(const log::WitnessLog& log);

}  // namespace refold::index
