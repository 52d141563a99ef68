#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "refold/base.hpp"
#include "refold/record.hpp"
#include "refold/types.hpp"

namespace refold {

/// What was witnessed. Others may come: an Event of theirs has a kind that is none of these.
enum class Kind : std::uint8_t {
  create = REFOLD_CREATE,
  update = REFOLD_UPDATE,
  remove = REFOLD_DELETE,
  identity = REFOLD_IDENTITY,
  account = REFOLD_ACCOUNT,
  sync = REFOLD_SYNC,  ///< a repo was replaced as a whole
  gap = REFOLD_GAP     ///< a source lost events
};

/// One event of the log. Lives, with all that it hands out as views, until apply() returns.
class Event {
 public:
  Event(detail::Instance& instance, const refold_event& event) noexcept
      : instance_(&instance), event_(&event) {}

  [[nodiscard]] Kind kind() const noexcept { return static_cast<Kind>(event_->kind); }
  /// Its number in the log.
  [[nodiscard]] std::uint64_t seq() const noexcept { return event_->seq; }
  /// When the log first saw it; never earlier than for the event before.
  [[nodiscard]] Time witness_time() const noexcept { return time(event_->witness_us); }
  /// Records: the time in rev(), when the author's host made the change. Others: the source's own.
  [[nodiscard]] std::optional<Time> commit_time() const noexcept {
    if (event_->commit_us == 0) return std::nullopt;
    return time(event_->commit_us);
  }
  /// The account. Empty for a gap.
  [[nodiscard]] std::string_view did() const noexcept { return detail::text_of(event_->did); }
  /// The name of the source it came from.
  [[nodiscard]] std::string_view source() const noexcept { return detail::text_of(event_->source); }

  [[nodiscard]] bool live() const noexcept { return has(REFOLD_LIVE); }
  [[nodiscard]] bool resync() const noexcept { return has(REFOLD_RESYNC); }
  [[nodiscard]] bool verified() const noexcept { return has(REFOLD_VERIFIED); }
  /// These three are given to a projection with `.history` only.
  [[nodiscard]] bool late() const noexcept { return has(REFOLD_LATE); }
  [[nodiscard]] bool no_difference() const noexcept { return has(REFOLD_NO_DIFFERENCE); }
  [[nodiscard]] bool redacted() const noexcept { return has(REFOLD_REDACTED); }

  [[nodiscard]] const refold_event& abi() const noexcept { return *event_; }

 protected:
  static Time time(std::int64_t micros) noexcept { return Time(std::chrono::microseconds(micros)); }
  [[nodiscard]] bool has(unsigned flag) const noexcept { return (event_->flags & flag) != 0; }

  detail::Instance* instance_;
  const refold_event* event_;
};

/// A change of a record, from `previous` to `record`:
///
///   what()     previous        record
///   added      none            the new one
///   replaced   the old one     the new one
///   removed    the old one     none
///   unchanged  ...             (late, redacted, no difference: with `.history` only)
///
/// So a fold takes back what `previous` contributed, and adds what `record` contributes.
class RecordChange : public Event {
 public:
  using Event::Event;

  enum class What : std::uint8_t {
    unchanged = REFOLD_UNCHANGED,
    added = REFOLD_ADDED,
    replaced = REFOLD_REPLACED,
    removed = REFOLD_REMOVED
  };
  [[nodiscard]] What what() const noexcept { return static_cast<What>(event_->change); }
  /// What the wire said, whatever it came to: create, update or remove.
  [[nodiscard]] Kind action() const noexcept { return kind(); }

  [[nodiscard]] std::string_view collection() const noexcept {
    return detail::text_of(event_->collection);
  }
  [[nodiscard]] std::string_view rkey() const noexcept { return detail::text_of(event_->rkey); }
  [[nodiscard]] AtUri uri() const { return AtUri::of(did(), collection(), rkey()); }
  /// The revision of the repo that the change came with.
  [[nodiscard]] Tid rev() const noexcept { return {event_->rev}; }
  /// Of `record`, in case it has one. (SHA-256 of the record: some 300 ns.)
  [[nodiscard]] std::optional<Cid> cid() const {
    std::uint8_t bytes[36] = {};
    const refold_host& host = instance_->called();
    if (!instance_->check(host.cid(&host, event_, bytes))) return std::nullopt;
    return Cid::from_bytes(bytes);
  }

  /// The new record as a T (record.hpp): none if there is none, or if it is no T. The latter is
  /// counted, and told of in the engine's log.
  template <class T>
  [[nodiscard]] std::optional<T> record() const {
    return decoded<T>(event_->record, "record");
  }
  /// The version that it took the place of, or that was removed; none also if it is not known.
  template <class T>
  [[nodiscard]] std::optional<T> previous() const {
    return decoded<T>(event_->previous, "previous record");
  }
  /// The same, as whatever they are.
  [[nodiscard]] std::optional<Value> record_value() const noexcept {
    return Value::parse(record_bytes());
  }
  [[nodiscard]] std::optional<Value> previous_value() const noexcept {
    return Value::parse(previous_bytes());
  }
  /// The same as DAG-CBOR; empty if there is none.
  [[nodiscard]] ByteView record_bytes() const noexcept { return detail::bytes_of(event_->record); }
  [[nodiscard]] ByteView previous_bytes() const noexcept {
    return detail::bytes_of(event_->previous);
  }
  /// False if there was an earlier version that this log does not have: nobody was given it.
  [[nodiscard]] bool previous_known() const noexcept {
    return event_->previous_state != REFOLD_PREVIOUS_UNKNOWN;
  }
  /// The event that brought the previous version; 0 if none is known.
  [[nodiscard]] std::uint64_t previous_seq() const noexcept { return event_->previous_seq; }

 private:
  template <class T>
  std::optional<T> decoded(refold_bytes bytes, const char* which) const {
    if (bytes.size == 0) return std::nullopt;
    std::optional<T> value(std::in_place);
    detail::RecordReader reader(detail::bytes_of(bytes));
    if (reader.read(*value)) return value;
    if (!reader.other_type()) tell(reader, detail::type_name<T>(), which);
    return std::nullopt;
  }
  void tell(const detail::RecordReader& reader, std::string_view type, const char* which) const {
    instance_->tell_now_and_then(instance_->undecoded, [&] {
      std::string text = "the " + std::string(which) + " of " + uri().text() + " (event " +
                         std::to_string(seq()) + ") is no " + std::string(type) + ": ";
      const std::string field(reader.fault_field());
      return text + (field.empty() ? "it" : "'" + field + "'") + " " + std::string(reader.fault());
    });
  }
};

/// An account became visible, or is not any more.
class AccountChange : public Event {
 public:
  using Event::Event;
  [[nodiscard]] bool active() const noexcept { return event_->active != 0; }
  /// Why it is not active: "deleted", "deactivated", "takendown", "suspended", ...
  [[nodiscard]] std::string_view status() const noexcept { return detail::text_of(event_->status); }
};

/// The handle, the host or the key of an account may have changed.
class IdentityChange : public Event {
 public:
  using Event::Event;
  /// Empty if the source gave none.
  [[nodiscard]] std::string_view handle() const noexcept { return detail::text_of(event_->handle); }
};

}  // namespace refold
