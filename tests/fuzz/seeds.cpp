#include <cstdio>
#include <filesystem>
#include <fstream>
#include <refold/testing/data.hpp>

#include "core/atproto/json.h"
#include "core/base/wire.h"
#include "core/isolation/messages.h"
#include "core/log/chain.h"
#include "core/log/codec/frame_writer.h"
#include "core/log/segment/directory.h"
#include "core/log/tail/row.h"
#include "core/plugin/report.h"
#include "core/server/command.h"
#include "tests/fuzz/sdk_types.h"
#include "tests/fuzz/wire_seeds.h"
#include "tests/support/random_events.h"

// Writes the seed corpus of every fuzzer, from today's encoders: seeds FOLDER.
namespace refold {
namespace {

class Corpus {
 public:
  explicit Corpus(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(std::string_view fuzzer, ByteView bytes) {
    const auto folder = folder_ / fuzzer;
    std::filesystem::create_directories(folder);
    std::ofstream file(folder / std::to_string(number_++), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::filesystem::path folder_;
  std::size_t number_ = 0;
};

void add_rows(const log::Page& page, Corpus& corpus) {
  for (const log::Event& event : page.events) {
    if (log::check_event(event).has_error()) continue;
    Bytes seed;
    put_fixed(seed, event.seq);
    seed.resize(8 + log::row_bytes(event));
    log::encode_row(event, seed.data() + 8);
    corpus.add("row", seed);
    ++seed[8];  // a wrong checksum: the fuzzer makes it right
    corpus.add("row", seed);
  }
}

void add_frame(std::span<const log::Event> events, Corpus& corpus) {
  log::codec::DictionaryBuilder builder(events.size());
  for (const log::Event& event : events) builder.count(event);
  builder.choose();
  log::codec::Compressor compressor;
  compressor.set_prefix(builder.text_prefix());
  log::codec::FrameWriter writer(builder);
  for (const log::Event& event : events) writer.add(event);
  Bytes frame;
  writer.finish(compressor, frame);
  Bytes dictionary;
  builder.write(dictionary);
  Bytes seed;
  put_sized(seed, dictionary);
  Bytes tables;
  builder.write_tables(tables);
  put_sized(seed, tables);
  append(seed, frame);
  corpus.add("frame", seed);
}

void add_directory(Corpus& corpus) {
  log::SegmentInfo info;
  info.first = 1;
  info.last = log::chunk_events;
  log::Directory directory;
  directory.collections = {"", "a.b.c"};
  directory.chunk_first_us = {5};
  directory.chain = {{}};
  log::BlockEntry block;
  block.orders = {{}};
  block.groups = {{1, {{{}, log::chunk_events}}}};
  block.parts = {{false, 0}, {true, 0}};
  directory.blocks = {block};
  Bytes seed;
  log::write_directory(directory, info, seed);
  corpus.add("directory", seed);
}

std::string line_of(const log::Event& event, const std::string& record) {
  std::string line = R"({"did":")" + std::string(event.did) + R"(","time_us":1790000000000000,)";
  line += R"("kind":"commit","commit":{"rev":")" + atproto::to_text(event.rev) + R"(",)";
  line += R"("operation":")" + std::string(name(event.kind)) + R"(","collection":")" +
          std::string(event.collection) + R"(","rkey":"3n2v6o7eoxl2y")";
  if (has_cid(event)) line += R"(,"cid":")" + atproto::to_text(cid_of(event)) + '"';
  if (!record.empty()) line += R"(,"record":)" + record;
  return line + "}}";
}

void add_records(const log::Page& page, Corpus& corpus) {
  for (const log::Event& event : page.events) {
    if (!is_record(event.kind)) continue;
    const auto json = event.record.empty() ? Result<std::string>(std::string())
                                           : atproto::json_from_cbor(event.record);
    if (!json) continue;
    if (!event.record.empty()) corpus.add("cbor", event.record);
    corpus.add("json_line", bytes_of(line_of(event, *json)));
  }
  const std::string from = R"({"did":"did:plc:6jlqryvvk2fvjkmccgifkff5",)";
  const std::string when = R"("seq":1,"time":"2026-11-22T08:20:49.688Z"}})";
  corpus.add("json_line", bytes_of(from + R"("time_us":1,"kind":"identity","identity":)" + from +
                                   R"("handle":"a.test",)" + when));
  corpus.add("json_line", bytes_of(from + R"("time_us":1,"kind":"account","account":)" + from +
                                   R"("active":false,"status":"deleted",)" + when));
  // Records that are refused, each for a reason of its own, and the operation kept.
  const std::string create =
      from +
      R"("time_us":1,"kind":"commit","commit":{"rev":"3l3qo2vutsw2b","operation":"create",)" +
      R"("collection":"com.example.a","rkey":"a","cid":)" +
      R"("bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a","record":)";
  for (const char* record : {"{\"$type\":\"com.example.a\"}", "{\"a\":1.5}", "{\"a\":1e999}",
                             "{\"a\":99999999999999999999}", "[1]", "{\"a\":{\"$link\":1}}",
                             "{\"a\":{\"$bytes\":\"!\"}}", "{\"a\":\"\\ud800\"}"}) {
    corpus.add("json_line", bytes_of(create + record + "}}"));
    corpus.add("json_line", bytes_of(std::string_view(record)));
  }
}

/// The first byte says what it is: a URL and what it is resolved to, or a session.
void add_http(Corpus& corpus) {
  for (const char* text :
       {"0HTTPS://user.Example.com:8443/a/../b?c=d#e\n../f?g", "0ws://[::1]/\n//h/x",
        "0http://127.0.0.1:80\n?q=1", "0wss://h/x\nhttps://i/y"})
    corpus.add("http", bytes_of(std::string_view(text)));
  const std::string get = "1GET /a%20b?c=d+e&f HTTP/1.1\r\nHost: h\r\n";
  for (const std::string& text :
       {get + "Authorization: Bearer x\r\n\r\nGET /ab HTTP/1.0\r\n\r\n",
        get + "Connection: close\r\n\r\n", get + "\r\nHEAD /abc HTTP/1.1\r\nHost: h\r\n\r\n",
        std::string("1POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
                    "Expect: 100-continue\r\n\r\nabc"),
        std::string("1POST /ab HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n0\r\n\r\n")})
    corpus.add("http", bytes_of(text));
}

/// The first byte says what it is: a command, or frames that are cut there.
void add_commands(Corpus& corpus) {
  server::CommandRequest request;
  request.version = "refold 1";
  request.arguments = {"events", "--follow"};
  request.folder = request.data = "/tmp";
  request.err = {true, true, true, 80};
  corpus.add("command", bytes_of("0" + server::encode(request)));
  request.arguments.assign(5'000, "");
  corpus.add("command", bytes_of("0" + server::encode(request)));
  const std::string frames = server::frame(server::FrameKind::started, "7") +
                             server::frame(server::FrameKind::out, "hello") +
                             server::frame(server::FrameKind::ended, "0");
  for (const std::string& text : {frames, frames + "HTTP/1.1", frames.substr(0, 15)})
    corpus.add("command", bytes_of("1" + text));
}

plugin::OptionInfo option(const std::string& name, std::uint32_t type,
                          std::optional<std::string> fallback) {
  plugin::OptionInfo info;
  info.name = name;
  info.summary = "what it does";
  info.type = type;
  info.least = 1;
  info.most = 100;
  info.fallback = std::move(fallback);
  return info;
}

/// Reports of a probe that ends well, and of two that end otherwise.
isolation::FoldOrder fold_order() {
  isolation::FoldOrder order;
  order.code = {"lib.so", "abc", "likes", "my-likes", {"1", ""}, "views/1", 1 << 20};
  order.log = "data";
  order.slice = {{"a.b.c"}, {"did:plc:x"}};
  order.skip = {3, 900};
  order.suspects = {5, 8};
  order.watches = true;
  order.watched_table = 2;
  order.watched_key = {1, 2};
  return order;
}

void add_isolation_messages(Corpus& corpus) {
  using namespace isolation;
  using isolation::Kind;  // the SDK has one too
  Bytes all;
  const auto add = [&](Kind kind, ByteView content) {
    Bytes seed;
    put_frame(seed, kind, content);
    corpus.add("isolation", seed);
    append(all, seed);
  };
  projection::RowRequest rows;
  rows.from = {1};
  rows.until = {1, 2};
  projection::Failure failure;
  failure.seq = 7;
  failure.uri = "at://did:plc:x/a.b.c/1";
  failure.message = "a bean too many";
  add(Kind::fold, encode(fold_order()));
  add(Kind::answer, encode(fold_order().code));
  add(Kind::query, encode(QueryRequest{1, {"a", ""}}));
  add(Kind::rows, encode(rows));
  add(Kind::yield, encode_number(300));
  add(Kind::greeting, bytes_of(greeting));
  add(Kind::refused, encode(Error{Errc::io, "no such file"}));
  add(Kind::is, encode(Telling{projection::Activity::stalled, "no space"}));
  add(Kind::failed, encode(failure));
  add(Kind::written, encode(WrittenRow{9, bytes_of("row")}));
  add(Kind::line, encode(Line{2, "beans"}));
  add(Kind::answered, encode(Result<Texts>(Texts{"{}", "[1]"})));
  add(Kind::answered, encode(Result<Texts>(Error{Errc::invalid, "no"})));
  corpus.add("isolation", all);
}

void add_reports(Corpus& corpus) {
  plugin::Probed probed;
  probed.info.name = "bluesky";
  probed.info.version = "1.0.0";
  probed.untried = {"no instance was made"};
  plugin::ProjectionInfo& projection = probed.info.projections.emplace_back();
  projection.name = "likes";
  projection.wants = REFOLD_RECORDS;
  projection.collections = {"app.bsky.feed.like", "app.bsky.graph.*"};
  projection.tables = {"by-subject", "by-actor"};
  projection.layouts = {"a", "b"};
  projection.options = {option("limit", REFOLD_INTEGER, "10"),
                        option("since", REFOLD_TIME, "2026-01-31T12:00:00Z"),
                        option("all", REFOLD_BOOLEAN, "true")};
  projection.queries.emplace_back().name = "top";
  projection.queries[0].parameters = {option("subject", REFOLD_TEXT, std::nullopt)};
  for (const Result<plugin::Probed>& end :
       {Result<plugin::Probed>(probed), Result<plugin::Probed>(Error{Errc::io, "no thread"}),
        Result<plugin::Probed>(Error{Errc::unsupported, "\x1b[2J"})}) {
    Bytes seed = plugin::greeting_record();
    append(seed, plugin::step_record("starting"));
    append(seed, plugin::end_record(end));
    corpus.add("plugin_report", seed);
  }
}

/// A record with all that test::Post reads; and so is a row, and a key. The first byte says which.
void add_sdk(Corpus& corpus) {
  using testing::array;
  using testing::object;
  const auto cid = *Cid::parse("bafyreihffx5a2e7k5uwrmmgofbvzujc5cmw5h4espouwuxt3liqoflx3ee");
  const std::string_view uri = "at://did:plc:a/app.bsky.feed.post/3k";
  const auto blob =
      object({{"$type", "blob"}, {"ref", cid}, {"mimeType", "image/png"}, {"size", 12}});
  const auto old_blob = object({{"cid", cid.text()}, {"mimeType", "image/png"}});
  for (const char* type : {"app.bsky.embed.images", "com.example.other"}) {
    const auto embed = object({{"$type", type}, {"images", array({blob, old_blob})}});
    Bytes seed{0};
    append(seed, object({{"text", "hi"},
                         {"langs", array({"en"})},
                         {"createdAt", "2026-01-31T12:00:00Z"},
                         {"subject", object({{"uri", uri}, {"cid", cid.text()}})},
                         {"embed", embed},
                         {"reply", object({{"a", -1}, {"b", nullptr}})},
                         {"counts", object({{"a", 1}, {"b", -70'000}})},
                         {"posts", array({object({{"text", "inner"}})})},
                         {"did", "did:plc:a"},
                         {"tid", "3jzfcijpj2z2a"},
                         {"link", cid},
                         {"bytes", Bytes{1, 2}},
                         {"yes", true}})
                     .bytes());
    corpus.add("sdk", seed);
  }
  detail::Buffer row;
  row.push(1);
  const test::Row full{true, 5, "text", {{"a"}}, {{"k", -1}}, Did(std::string("did:plc:a")), cid};
  detail::write_row(row, full);
  corpus.add("sdk", row.view());
  detail::Buffer key;
  key.push(2);
  const std::string_view hard("a\0\1", 3);
  detail::write_key<test::Key>(key, {hard, -5, true, Tid{9}, {bytes_of(hard), cid}, "did:plc:a"});
  corpus.add("sdk", key.view());
}

}  // namespace
}  // namespace refold

int main(int argc, char** argv) {
  using namespace refold;
  if (argc != 2) return std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n"), 2;
  std::filesystem::remove_all(argv[1]);
  Corpus corpus(argv[1]);
  log::Page page;
  testing::RandomEvents(1).fill(page, 1, 400);
  add_rows(page, corpus);
  add_http(corpus);
  add_commands(corpus);
  add_records(page, corpus);
  add_directory(corpus);
  add_reports(corpus);
  add_isolation_messages(corpus);
  add_sdk(corpus);
  fuzz::add_wire([&](std::string_view fuzzer, ByteView seed) { corpus.add(fuzzer, seed); });
  for (std::size_t from = 0; from < 400; from += 20) {
    add_frame(std::span(page.events).subspan(from, 20), corpus);
  }
  for (std::size_t from = 0; from < 40; ++from) {
    add_frame(std::span(page.events).subspan(from, 1), corpus);
  }
  return 0;
}
