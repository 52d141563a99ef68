#include "core/ingest/follower.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/characters.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/ingest/firehose.h"
#include "core/ingest/jetstream.h"

namespace refold::ingest {
namespace {

using std::chrono::steady_clock;

/// How often the position is saved while nothing is taken.
constexpr std::chrono::seconds save_time{2};
constexpr std::chrono::milliseconds look_time{200};
/// A connection that lasts so long is no failure, even if nothing has happened meanwhile.
constexpr std::chrono::minutes long_time{1};
constexpr std::size_t dictionary_bytes_max = std::size_t{1} << 20;
/// A frame of a firehose has at most 5,000,000 bytes. A record of 1 MiB can be six times that as
/// JSON: it is taken in, and left out by the decoder, which then goes on.
constexpr std::size_t json_message_bytes_max = std::size_t{16} << 20;
/// A server that sends nothing for so long has nothing to send.
constexpr std::chrono::seconds quiet_time{1};
/// Clocks differ, but not by more.
constexpr std::int64_t future_us = 300'000'000;

bool says(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

SessionEnd from_the_future(std::uint64_t cursor) {
  return {SessionEnd::Next::pause,
          "FutureCursor: the server has not come to cursor " + std::to_string(cursor) +
              " yet, which was reached before; it may count anew, or be another one. Nothing is"
              " reset by itself: set a cursor to start from there",
          false, std::nullopt};
}

Result<Bytes> read_dictionary(const std::filesystem::path& path) {
  if (path.empty()) return Bytes{};
  REFOLD_TRY(const File file, File::open(path));
  REFOLD_TRY(const std::uint64_t size, file.size());
  if (size > dictionary_bytes_max)
    return Error{Errc::too_large, path.native() + " is too large for a dictionary of zstd"};
  Bytes bytes(size);
  REFOLD_CHECK(file.read(0, bytes));
  return bytes;
}

}  // namespace

Follower::Follower(const SourceSite& site, const SourceOptions& options, const Scope& scope,
                   SourceBoard& board, FollowMemory& memory)
    : site_(site),
      options_(options),
      scope_(scope),
      board_(board),
      memory_(memory),
      before_(board.get()),
      submitter_(site.recorder, options.name) {}

Result<std::unique_ptr<Decoder>> Follower::make_decoder() {
  DecoderOptions options;
  options.flags = log::flag::live;
  options.cursor_name = cursor_name(options_);
  options.scope = &scope_;
  options.dropped_before = before_.drops;
  options.tell = [this](Drop reason, std::uint64_t count, const std::string& sentence) {
    if (is_refusal(reason))
      tell(std::string(name(reason)) + " (" + std::to_string(count) + " so far): " + sentence);
  };
  if (options_.kind == SourceKind::firehose)
    return std::unique_ptr<Decoder>(std::make_unique<FirehoseDecoder>(std::move(options)));
  REFOLD_TRY(const Bytes dictionary, read_dictionary(options_.dictionary));
  const auto version =
      options_.kind == SourceKind::jetstream ? JetstreamVersion::v1 : JetstreamVersion::v2;
  REFOLD_TRY(auto decoder, JetstreamDecoder::make(version, dictionary, std::move(options)));
  dictionary_id_ = decoder->dictionary_id();
  return std::unique_ptr<Decoder>(std::move(decoder));
}

Result<void> Follower::prepare() {
  REFOLD_TRY(const auto saved, site_.recorder.log().cursor(cursor_name(options_)));
  start_ = options_.start;
  if (saved) {
    std::uint64_t cursor = 0;
    const auto [end, failed] =
        std::from_chars(saved->data(), saved->data() + saved->size(), cursor);
    if (failed != std::errc{} || end != saved->data() + saved->size())
      return Error{Errc::corrupt, "the saved cursor of source '" + options_.name +
                                      "' is not a number: '" + escaped(*saved) + "'"};
    start_ = cursor;
  }
  REFOLD_TRY(decoder_, make_decoder());
  if (start_) decoder_->resume(*start_);
  return ok();
}

SessionEnd Follower::run(const std::stop_token& stop) {
  if (const auto prepared = prepare(); prepared.has_error())
    return {SessionEnd::Next::pause, prepared.error().message, false, std::nullopt};
  const bool microseconds = options_.kind == SourceKind::jetstream;
  if (microseconds && start_ && *start_ > static_cast<std::uint64_t>(now_us() + future_us))
    return from_the_future(*start_);  // the server would say nothing, and go on from now
  std::optional<std::uint64_t> asked = start_;
  if (memory_.ask == FollowMemory::Ask::oldest) asked = 0;
  if (memory_.ask == FollowMemory::Ask::newest) asked = std::nullopt;
  const auto url = subscription(options_, asked, dictionary_id_);
  if (url.has_error()) return {SessionEnd::Next::pause, url.error().message, false, std::nullopt};
  net::WebSocketOptions socket_options;
  socket_options.peer.private_addresses = options_.private_addresses;
  socket_options.peer.ca_file = options_.ca_file;
  socket_options.ping_time = options_.ping_time;
  if (options_.kind != SourceKind::firehose)
    socket_options.message_bytes_max = json_message_bytes_max;
  net::Refused refused;
  auto socket = net::WebSocket::connect(site_.runtime, *url, socket_options, stop, &refused);
  SessionEnd end;
  if (socket.has_error()) {
    end = not_connected(socket.error(), refused);
  } else {
    board_.change([](SourceStatus& status) {
      status.state = SourceState::connected;
      status.why.clear();
      ++status.connections;
      status.connected_us = now_us();
    });
    const auto since = heard_at_ = steady_clock::now();
    std::optional<SessionEnd> ended;
    while (!ended) ended = receive(*socket, stop);
    end = std::move(*ended);
    const bool further = decoder_->cursor() != start_.value_or(0) && memory_.step == 0;
    end.worked = further || steady_clock::now() - since >= long_time;
  }
  Result<void> settled = submit();
  if (settled) settled = submitter_.settle();
  report();
  return settled ? end : recorder_failed(settled.error());
}

SessionEnd Follower::not_connected(const Error& why, const net::Refused& refused) {
  const std::uint64_t cursor = start_.value_or(0);
  if (says(refused.body, "FutureCursor")) return from_the_future(cursor);
  if (says(refused.body, "CursorTooOld")) {
    const bool first = memory_.ask == FollowMemory::Ask::cursor;
    memory_.ask = first ? FollowMemory::Ask::oldest : FollowMemory::Ask::newest;
  }
  SessionEnd end = again(why.message);
  if (says(refused.body, "UnknownZstdDictionary")) end.next = SessionEnd::Next::pause;
  end.wait = refused.retry_after;
  return end;
}

std::optional<SessionEnd> Follower::receive(net::WebSocket& socket, const std::stop_token& stop) {
  const bool over = socket.ended();  // then a time-out is the connection's own
  const auto message = socket.read_until(stop, steady_clock::now() + look_time);
  if (message) {
    heard_at_ = steady_clock::now();
    if (auto end = take(*message)) return end;
  } else if (stop.stop_requested()) {
    return again("");
  } else if (message.error().code != Errc::timeout || over) {
    return disconnected(socket, message.error());
  }
  if (!message && steady_clock::now() - heard_at_ >= quiet_time) memory_.quiet_us = now_us();
  const bool save = steady_clock::now() - submitted_at_ >= save_time;
  const bool pending = !submitter_.batch().drafts.empty() && !socket.readable();
  const bool send = submitter_.full() || pending || save;
  // In a silence, what was sent off before becomes durable.
  if (!send && message) return std::nullopt;
  const auto done = send ? submit() : submitter_.look();
  if (done.has_error()) return recorder_failed(done.error());
  report();
  return std::nullopt;
}

SessionEnd Follower::disconnected(net::WebSocket& socket, const Error& why) {
  const auto reason = socket.reason();
  if (reason && says(reason->text, "FutureCursor")) return from_the_future(start_.value_or(0));
  return why.code == Errc::too_large ? take_too_large(why.message) : again(why.message);
}

std::optional<SessionEnd> Follower::take(const net::Message& message) {
  auto& batch = submitter_.batch();
  const std::size_t before = batch.drafts.size();
  const std::uint64_t cursor = decoder_->cursor();
  const Verdict verdict = decoder_->decode(bytes_of(message.data), batch);
  submitter_.count_bytes(message.data.size());
  if (verdict.kind == Verdict::Kind::taken) {
    for (std::size_t i = before; i < batch.drafts.size(); ++i)
      gaps_ += batch.drafts[i].kind == log::Kind::gap ? 1 : 0;
    if (!loss_looked_for_) look_for_loss();
    if (decoder_->cursor() != cursor) memory_.step = broken_here_ = 0;
    return std::nullopt;
  }
  if (verdict.kind == Verdict::Kind::broken) return take_broken(message.data, verdict.message);
  if (verdict.code == "FutureCursor") return from_the_future(start_.value_or(0));
  return again("the server says " + verdict.code + ": " + verdict.message);
}

Result<void> Follower::submit() {
  submitted_at_ = steady_clock::now();
  return submitter_.submit(*decoder_);
}

SessionEnd Follower::recorder_failed(const Error& why) const {
  // What is not durable comes again: the next connection starts at the saved cursor.
  return again("cannot record: " + why.message);
}

void Follower::report() {
  board_.change([&](SourceStatus& status) {
    if (submitter_.durable() != 0) status.cursor = submitter_.durable();
    status.messages = before_.messages + decoder_->messages();
    status.bytes = before_.bytes + decoder_->message_bytes();
    status.gaps = before_.gaps + gaps_;
    status.set_aside = before_.set_aside + set_aside_;
    status.outcome = before_.outcome;
    status.outcome.add(submitter_.outcome());
    for (std::size_t i = 0; i < drop_count; ++i)
      status.drops[i] = before_.drops[i] + decoder_->drops()[static_cast<Drop>(i)];
    status.upstream_us = std::max(before_.upstream_us, decoder_->upstream_us());
  });
}

void Follower::tell(const std::string& line) const {
  if (site_.tell) site_.tell(options_.name, line);
}

}  // namespace refold::ingest
