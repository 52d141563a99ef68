#include "core/ingest/capture_reader.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/base/bytes.h"
#include "core/ingest/capture.h"
#include "core/ingest/capture_input.h"
#include "core/ingest/firehose.h"
#include "core/ingest/jetstream.h"
#include "core/ingest/submitter.h"

namespace refold::ingest {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 18;

}  // namespace

struct CaptureRun {
  const SourceSite& site;
  const SourceOptions options;
  const Scope& scope;
  SourceBoard& board;
  const SourceStatus before = board.get();
  index::Outcome recorded{};  ///< by submitters before this one
  std::optional<Submitter> submitter{std::in_place, site.recorder, options.name};
  std::unique_ptr<CaptureInput> input{};
  Bytes start{};  ///< until the form is known
  std::unique_ptr<Decoder> decoder{};
  FrameCutter frames{};
  LineCutter lines{line_bytes_max};
  CaptureForm form = CaptureForm::lines;
  bool at_end = false;

  Result<void> open(ByteView first);
  Result<void> read(const std::stop_token& stop);
  Result<void> take_some(ByteView bytes);
  Result<void> take_all();
  Result<void> take(ByteView message);
  void go_on_after_failure();
  void report();
};

Result<void> CaptureRun::open(ByteView first) {
  form = form_of(first);
  if (form == CaptureForm::car)
    return Error{Errc::unsupported,
                 options.url + " is a repo, not a capture: 'refold import' takes it"};
  DecoderOptions decoding;
  decoding.scope = &scope;
  decoding.dropped_before = before.drops;
  decoding.tell = [this](Drop reason, std::uint64_t count, const std::string& sentence) {
    if (site.tell && is_refusal(reason))
      site.tell(options.name,
                std::string(name(reason)) + " (" + std::to_string(count) + " so far): " + sentence);
  };
  if (form == CaptureForm::frames) {
    decoder = std::make_unique<FirehoseDecoder>(std::move(decoding));
  } else {
    REFOLD_TRY(decoder, JetstreamDecoder::make(JetstreamVersion::v1, {}, std::move(decoding)));
  }
  return ok();
}

Result<void> CaptureRun::read(const std::stop_token& stop) {
  if (!input) {
    REFOLD_TRY(input, CaptureInput::open(options.url));
  }
  // What was cut out before it was interrupted, if it was.
  if (decoder) REFOLD_CHECK(take_all());
  std::string piece(piece_bytes, '\0');
  while (!at_end && !stop.stop_requested()) {
    REFOLD_TRY(const auto count, input->read(piece));
    // What came is not kept waiting for what does not come.
    if (!count && decoder) REFOLD_CHECK(submitter->submit(*decoder));
    if (!count) continue;
    at_end = *count == 0;
    const ByteView bytes = bytes_of(std::string_view(piece).substr(0, *count));
    if (decoder) {
      REFOLD_CHECK(take_some(bytes));
      continue;
    }
    append(start, bytes);
    if (!at_end && start.size() < form_bytes) continue;
    REFOLD_CHECK(open(ByteView(start).first(std::min(start.size(), form_bytes))));
    REFOLD_CHECK(take_some(start));
  }
  if (!decoder) return ok();
  REFOLD_CHECK(submitter->submit(*decoder));
  REFOLD_CHECK(submitter->settle());
  if (frames.left() > 0 && at_end)
    return invalid(options.url + " ends inside frame " + std::to_string(frames.number() + 1));
  return ok();
}

Result<void> CaptureRun::take_some(ByteView bytes) {
  if (form == CaptureForm::frames) {
    frames.add(bytes);
  } else {
    lines.add(bytes);
    if (at_end) lines.end();
  }
  REFOLD_CHECK(take_all());
  report();
  return ok();
}

Result<void> CaptureRun::take_all() {
  ByteView message;
  for (;;) {
    if (form == CaptureForm::frames) {
      REFOLD_TRY(const bool whole, frames.next(message));
      if (!whole) return ok();
    } else {
      Line line;
      if (!lines.next(line)) return ok();
      message = bytes_of(line.text);
    }
    if (!message.empty()) REFOLD_CHECK(take(message));
  }
}

Result<void> CaptureRun::take(ByteView message) {
  // One that is broken is counted, and the next one is where its length says.
  static_cast<void>(decoder->decode(message, submitter->batch()));
  submitter->count_bytes(message.size());
  return submitter->full() ? submitter->submit(*decoder) : ok();
}

/// What was on its way to the log cannot be read again: it is a gap.
void CaptureRun::go_on_after_failure() {
  if (!decoder) return;
  const std::uint64_t durable = submitter->durable();
  recorded.add(submitter->outcome());
  submitter.emplace(site.recorder, options.name);
  index::DraftBatch& batch = submitter->batch();
  if (decoder->cursor() > durable)
    batch.drafts.push_back(gap_draft("NotRecorded", durable + 1, decoder->cursor(), batch.arena));
}

void CaptureRun::report() {
  board.change([&](SourceStatus& status) {
    status.messages = before.messages + decoder->messages();
    status.bytes = before.bytes + decoder->message_bytes();
    status.outcome = before.outcome;
    status.outcome.add(recorded);
    status.outcome.add(submitter->outcome());
    for (std::size_t i = 0; i < drop_count; ++i)
      status.drops[i] = before.drops[i] + decoder->drops()[static_cast<Drop>(i)];
    status.upstream_us = std::max(before.upstream_us, decoder->upstream_us());
  });
}

SessionEnd read_capture(const SourceSite& site, const SourceOptions& options, const Scope& scope,
                        SourceBoard& board, std::shared_ptr<CaptureRun>& kept,
                        const std::stop_token& stop) {
  board.change([](SourceStatus& status) { status.state = SourceState::connected; });
  std::error_code unknown;
  const bool once = options.url == "-" || !std::filesystem::is_regular_file(options.url, unknown);
  auto run = std::exchange(kept, nullptr);
  if (!run) run.reset(new CaptureRun{site, options, scope, board});
  const Result<void> read = run->read(stop);
  if (run->decoder) run->report();
  SessionEnd end;
  end.next = SessionEnd::Next::ended;
  if (read.has_error()) {
    end.why = read.error().message;
    // A full disk passes; a file that is not there, or ends too soon, does not.
    const bool passes = read.error().code == Errc::no_space;
    end.next = passes ? SessionEnd::Next::again : SessionEnd::Next::pause;
    if (passes) run->go_on_after_failure();
  }
  const bool goes_on = read ? !run->at_end : end.next == SessionEnd::Next::again;
  if (once && goes_on) kept = std::move(run);
  return end;
}

}  // namespace refold::ingest
