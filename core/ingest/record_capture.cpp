#include "core/ingest/record_capture.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/file.h"
#include "core/ingest/capture.h"
#include "core/net/websocket.h"

namespace refold::ingest {
namespace {

constexpr std::size_t written_at_once_bytes = std::size_t{1} << 20;
constexpr std::chrono::seconds written_after{1};

/// A file that is written in large pieces, and at least every second.
class CaptureFile {
 public:
  CaptureFile(File file, bool frames) : file_(std::move(file)), frames_(frames) {}

  void add(std::string_view message) {
    if (frames_) {
      put_frame(bytes_of(message), waiting_);
    } else {
      append(waiting_, bytes_of(message));
      waiting_.push_back('\n');
    }
    ++progress_.messages;
  }
  Result<void> write_some() {
    const auto now = std::chrono::steady_clock::now();
    if (waiting_.size() < written_at_once_bytes && now - written_at_ < written_after) return ok();
    written_at_ = now;
    return write();
  }
  Result<void> write() {
    REFOLD_CHECK(file_.write(waiting_));
    progress_.bytes += waiting_.size();
    waiting_.clear();
    return ok();
  }
  Result<void> finish() {
    REFOLD_CHECK(write());
    return file_.sync();
  }
  [[nodiscard]] const CaptureProgress& progress() const noexcept { return progress_; }

 private:
  File file_;
  const bool frames_;
  Bytes waiting_;
  std::chrono::steady_clock::time_point written_at_ = std::chrono::steady_clock::now();
  CaptureProgress progress_;
};

}  // namespace

Result<CaptureProgress> record_capture(
    net::Runtime& runtime, const SourceOptions& options, const std::filesystem::path& file,
    std::uint64_t messages_max, const std::stop_token& stop,
    const std::function<void(const CaptureProgress&)>& progress) {
  REFOLD_CHECK(check(options));
  if (options.kind == SourceKind::capture)
    return invalid("a capture is made of a firehose or a Jetstream, not of a file");
  const bool filtered = !options.filter.collections.empty() || !options.filter.dids.empty();
  if (options.kind == SourceKind::firehose && filtered)
    return invalid(
        "a firehose sends everything, and a capture writes what comes: it cannot be of some"
        " collections or accounts only. 'refold source add' with the file filters when it is read");
  std::error_code unknown;
  if (std::filesystem::exists(file, unknown))
    return invalid(file.native() + " exists already: choose another name, or remove it");
  net::WebSocketOptions connection;
  connection.peer.private_addresses = options.private_addresses;
  connection.peer.ca_file = options.ca_file;
  connection.ping_time = options.ping_time;
  // Without a dictionary: what is packed cannot be read without it.
  REFOLD_TRY(const net::Url url, subscription(options, options.start));
  REFOLD_TRY(auto socket, net::WebSocket::connect(runtime, url, connection, stop));
  REFOLD_TRY(File created, File::create(file));
  CaptureFile capture(std::move(created), options.kind == SourceKind::firehose);
  for (;;) {
    const bool over = socket.ended();
    const auto message = socket.read_until(stop, std::chrono::steady_clock::now() + written_after);
    if (message) {
      capture.add(message->data);
    } else if (stop.stop_requested()) {
      break;
    } else if (message.error().code != Errc::timeout || over) {
      REFOLD_CHECK(capture.finish());
      return message.error();
    }
    REFOLD_CHECK(capture.write_some());
    if (progress) progress(capture.progress());
    if (messages_max != 0 && capture.progress().messages >= messages_max) break;
  }
  REFOLD_CHECK(capture.finish());
  return capture.progress();
}

}  // namespace refold::ingest
