#pragma once

#include <refold/abi.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace refold::projection {

/// A plugin that is built into the tests, in the raw form of the boundary, with a projection for
/// each thing that is looked at. What it does can be changed while nothing of it runs.
///
/// | projection | it |
/// |---|---|
/// | tally | counts the living records of each collection |
/// | latest | keeps the newest version of each record, by its URI |
/// | nothing | reads a collection that nobody writes |
/// | moody | as latest, but breaks off at records with a certain text in them |
/// | guests | notes what each author's account was when a record of theirs came |
/// | diary | asks for the history, and writes a line for each event |
/// | fickle | writes something else each time it is run |
[[nodiscard]] const refold_plugin_v1& test_plugin() noexcept;

/// The manifests, to be changed by tests. Restored by reset_test_plugin().
[[nodiscard]] refold_projection& test_projection(const std::string& name);
void set_test_version(const char* version) noexcept;
/// The notation of every table's layout.
void set_test_layout(const char* layout) noexcept;
void reset_test_plugin();

/// What moody does at records that contain `text`.
struct Mood {
  enum class What {
    nothing,
    fail,
    fail_silently,
    retry,
    throw_exception,
    throw_int,
    write_outside,     ///< table 7
    write_too_much,    ///< a row over the bound
    ignore_a_refusal,  ///< the same, and returns OK
    keep_the_host,     ///< uses the table that create() was given
    use_a_thread,      ///< calls from another thread
    return_nonsense,
    dawdle,  ///< for 20 ms
    hang,    ///< until released
  };
  std::atomic<What> what{What::nothing};
  std::string text = "poison";
  std::atomic<int> retries{0};  ///< how often retry asks for it; then it goes well
  std::atomic<bool> released{false};
  std::atomic<int> hanging{0};
  std::atomic<int> instances{0};  ///< that live
  std::atomic<int> created{0};
  std::atomic<bool> create_fails{false};
  std::atomic<int> create_retries{0};  ///< how often create() asks for it
};
[[nodiscard]] Mood& mood() noexcept;

/// How many events of any projection were applied, and in how many calls.
struct Calls {
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> applies{0};
  std::atomic<int> query_pause_ms{0};  ///< each query takes so long
  std::atomic<std::uint64_t> queries{0};
};
[[nodiscard]] Calls& calls() noexcept;

}  // namespace refold::projection
