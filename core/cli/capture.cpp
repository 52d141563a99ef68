#include <memory>
#include <thread>

#include "core/base/json_writer.h"
#include "core/cli/commands.h"
#include "core/cli/console.h"
#include "core/cli/declare.h"
#include "core/cli/fields.h"
#include "core/cli/progress.h"
#include "core/cli/signals.h"
#include "core/cli/source_arguments.h"
#include "core/cli/text.h"
#include "core/engine/source_book.h"
#include "core/engine/source_keeper.h"
#include "core/ingest/record_capture.h"

namespace refold::cli {

namespace {

struct CaptureOptions {
  SourceArguments source;
  std::string file;
  std::uint64_t count = 0;
};

/// Hands Ctrl-C on, while it lives.
class StopAtInterruption {
 public:
  StopAtInterruption()
      : watching_([this](const std::stop_token& ended) {
          while (!ended.stop_requested() && !signal_came()) {
            std::this_thread::sleep_for(Interruption::patience);
          }
          if (signal_came()) stop_.request_stop();
        }) {}
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  const Interruption interruption_;
  std::stop_source stop_;
  std::jthread watching_;
};

Result<Exit> run_capture(Context& context, const CaptureOptions& options) {
  REFOLD_TRY(const engine::SourceConfig source, source_of("capture", options.source));
  REFOLD_CHECK(engine::check(source));
  net::Runtime runtime(1);
  Progress progress("messages");
  const StopAtInterruption stop;
  const auto captured = ingest::record_capture(
      runtime, engine::source_options(source), options.file, options.count, stop.token(),
      [&](const ingest::CaptureProgress& so_far) {
        progress.update("capture", so_far.messages, options.count, so_far.messages);
      });
  progress.clear();
  if (captured.has_error()) return captured.error();
  if (context.json) {
    std::string out;
    JsonWriter json(out);
    json.open('{').field("file", options.file).field("messages", captured->messages);
    json.field("bytes", captured->bytes).close('}');
    context.out.line(out);
  } else {
    context.out.line("wrote " + counted(captured->messages, "message") + ", " +
                     byte_text(captured->bytes) + ", to " + escaped(options.file) +
                     "\nnext: refold import " + escaped(options.file));
  }
  return Exit::ok;
}

}  // namespace

void add_capture(const Commands& commands) {
  CLI::App* const command = declare_without_data(
      commands, "capture", "write what a server sends into a file, until Ctrl-C",
      "refold capture wss://bsky.network -o frames.bin --count 10000\n\n"
      "What comes is written as it is: frames of a firehose each behind its length, messages of a\n"
      "Jetstream as lines. 'refold import' reads it, and so does a source of the kind capture.");
  auto options = std::make_shared<CaptureOptions>();
  declare_source(command, options->source);
  command->add_option("-o,--output", options->file, "the file; it must not be there yet")
      ->required()
      ->type_name("FILE");
  command->add_option("--count", options->count, "so many messages; else until Ctrl-C")
      ->type_name("N")
      ->check(whole_number());
  declare_json(command, commands.context);
  choose(command, commands, options, run_capture);
}

}  // namespace refold::cli
