#include "core/engine/doctor/doctor.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "core/base/descriptor.h"
#include "core/engine/doctor/checks.h"
#include "core/lmdb/env.h"
#include "core/log/tail/files.h"
#include "tests/engine/config_fixture.h"
#include "tests/projection/library_fixture.h"

namespace refold::engine {
namespace {

namespace fs = std::filesystem;
using projection::good;
using projection::LibraryTest;

/// A machine with which nothing is wrong.
Machine healthy() {
  Machine machine;
  machine.now_us = Machine::of("/").now_us;
  machine.disk_free_bytes = std::uint64_t{1} << 40;
  machine.files_free = 1'000'000;
  machine.file_system = 0xef53;
  machine.open_files_max = 65'536;
  machine.address_space_max = Machine::unlimited;
  machine.memory_bytes = std::uint64_t{16} << 30;
  return machine;
}

/// A data directory with some events, and a doctor.
class Doctor : public LibraryTest {
 protected:
  Doctor() {
    good(
        recorder->record(refold::testing::batch_of({refold::testing::create("alice", "1", 1, "x"),
                                                    refold::testing::create("bob", "1", 2, "y")})));
    patient.environment = {{"REFOLD_DATA", data.string()}};
    patient.machine = [this](const fs::path&) { return machine; };
    patient.runner = refold::testing::runner;
  }
  std::vector<Finding> examined() {
    close();
    recorder.reset();
    return examine(patient);
  }
  /// The worst that a check has found, in a line.
  std::string found(const std::string& check) {
    std::string said;
    Verdict verdict = Verdict::ok;
    for (const Finding& one : examined()) {
      if (one.check != check || (!said.empty() && one.verdict <= verdict)) continue;
      verdict = one.verdict;
      said = std::string(name(verdict)) + ": " + one.sentence + " => " + one.remedy;
    }
    return said;
  }
  void given_segments() {
    for (int batch = 0; batch < 3; ++batch) {
      std::vector<refold::testing::TestDraft> drafts;
      for (int at = 0; at < 3000; ++at) {
        const auto number = static_cast<std::uint64_t>(3000 * batch + at);
        drafts.push_back(refold::testing::create("carol", "r" + std::to_string(number), number + 10,
                                                 "text " + std::to_string(number)));
      }
      good(recorder->record(refold::testing::batch_of(drafts)));
    }
    ASSERT_EQ(good(recorder->seal()), 8192U);
  }
  fs::path segment() const { return fs::directory_iterator(data / "log" / "segments")->path(); }
  static void flip(const fs::path& file, std::uint64_t at) {
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekg(static_cast<std::streamoff>(at));
    const int byte = stream.get();
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(static_cast<char>(byte ^ 0x55));
  }
  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    fs::permissions(folder / name, fs::perms(0600));
    return folder / name;
  }
  /// The events of the log stay, those of the index do not.
  void given_events(std::uint64_t count) {
    recorder.reset();
    const auto log = good(log::WitnessLog::open_writer(data));
    const std::vector<refold::testing::TestEvent> same(10'000,
                                                       refold::testing::created("dave", "1", "x"));
    for (std::uint64_t done = 0; done < count; done += same.size()) {
      auto events = same;
      good(refold::testing::try_append(*log, events));
    }
  }

  Machine machine = healthy();
  Patient patient;
};

TEST_F(Doctor, FindsSourcesThatRestAndCapturesThatAreGone) {
  EXPECT_EQ(found("sources"), "ok: there are none => ");
  std::ofstream(data / "sources.toml") << "paused = [\"a\"]\n";
  EXPECT_EQ(found("sources"), "warn: a rests: by 'refold source pause' => refold source resume a");
  std::ofstream(data / "sources.toml")
      << "[[source]]\nname = \"b\"\nkind = \"capture\"\nfile = \"/none\"\n";
  EXPECT_EQ(found("sources"),
            "fail: b reads /none, which is not there => bring it back, or remove the source");
  std::ofstream(data / "sources.toml")
      << "[[source]]\nname = \"c\"\nkind = \"firehose\"\nurl = \"wss://a.example\"\n"
         "ca_file = \"/none.pem\"\n";
  EXPECT_EQ(
      found("sources"),
      "fail: c: its ca_file: cannot open /none.pem: No such file or directory => bring it back, or "
      "have the source name another one");
  std::string many;
  for (int at = 0; at < 65; ++at) {
    many += "[[source]]\nname = \"s" + std::to_string(at) +
            "\"\nkind = \"firehose\"\nurl = \"wss://a.example\"\n";
  }
  std::ofstream(data / "sources.toml") << many;
  EXPECT_THAT(found("sources"), HasSubstr("there are 65, and an engine follows 64"));
  std::ofstream(data / "sources.toml") << "paused";
  EXPECT_THAT(found("sources"), HasSubstr("fail: "));
  EXPECT_THAT(found("sources"), HasSubstr("sources.toml:1:"));
}

TEST_F(Doctor, FindsNothingWhereNothingIsWrong) {
  const auto findings = examined();
  std::string all;
  for (const Finding& one : findings) all += one.check + ": " + one.sentence + "\n";
  EXPECT_EQ(worst(findings), Verdict::ok) << all;
  for (const Finding& one : findings) EXPECT_EQ(one.remedy, "") << one.check;
  EXPECT_EQ(findings.size(), 18U) << all;
}

TEST_F(Doctor, SaysWithEveryFaultWhatToDo) {
  machine = Machine{};
  machine.file_system = 0x6969;
  fs::permissions(data, fs::perms(0777));
  for (const Finding& one : examined()) {
    EXPECT_EQ(one.verdict == Verdict::ok, one.remedy.empty()) << one.check << one.sentence;
  }
}

TEST_F(Doctor, LooksAtTheMachineAlsoWhereThereIsNoLog) {
  patient.environment = {{"REFOLD_DATA", (folder / "none").string()}};
  EXPECT_THAT(found("log"), HasSubstr("ok: there is none yet"));
  EXPECT_EQ(worst(examined()), Verdict::ok);
  EXPECT_FALSE(fs::exists(folder / "none"));
}

TEST_F(Doctor, FindsAWrongConfiguration) {
  patient.file = write("refold.toml", "[http]\nlisten = \"here\"\n");
  EXPECT_THAT(found("configuration"), HasSubstr("refold.toml:2:10: http.listen: \"here\" has no"));
}

TEST_F(Doctor, FindsAVariableThatStandsForNoKey) {
  patient.environment["REFOLD_HTTP_LITSEN"] = "x";
  EXPECT_THAT(found("configuration"), HasSubstr("warn: the environment has REFOLD_HTTP_LITSEN"));
}

TEST_F(Doctor, FindsASecretThatOthersRead) {
  const auto token = write("token", "0123456789abcdef");
  fs::permissions(token, fs::perms(0644));
  patient.environment["REFOLD_HTTP_ADMIN_TOKEN_FILE"] = token.string();
  EXPECT_THAT(found("configuration"), HasSubstr("chmod 600 " + token.string()));
}

TEST_F(Doctor, FindsADataDirectoryThatOthersReadOrChange) {
  fs::permissions(data, fs::perms(0755));
  EXPECT_THAT(found("permissions"), HasSubstr("warn: " + data.string() + " may be read by others"));
  fs::permissions(data, fs::perms(0700));
  fs::permissions(data / "log", fs::perms(0722));
  EXPECT_THAT(found("permissions"),
              HasSubstr("may be changed by others (mode 0722) => chmod go-w"));
}

TEST_F(Doctor, FindsADataDirectoryOfSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to somebody else";
  ASSERT_EQ(::chown((data / "index").c_str(), 4711, 4711), 0);
  EXPECT_THAT(found("permissions"), HasSubstr("index belongs to user 4711, and this is user 0"));
}

TEST_F(Doctor, FindsAConfigurationThatOthersChange) {
  patient.file = write("refold.toml", "");
  fs::permissions(*patient.file, fs::perms(0666));
  EXPECT_THAT(found("permissions"), HasSubstr("fail: " + patient.file->string() + " may be chang"));
}

TEST_F(Doctor, FindsPluginsThatAreMissingOrThatOthersWrite) {
  const auto open = write("open.so", "x");
  fs::permissions(open, fs::perms(0666));
  const std::string made = "[[projection]]\nname = \"a\"\nplugin = \"";
  patient.file = write("refold.toml", made + "none.so\"\n");
  EXPECT_THAT(found("plugins"), HasSubstr("fail: the plugin of projection.a: cannot open"));
  patient.file = write("refold.toml", made + "open.so\"\n");
  EXPECT_THAT(found("plugins"), HasSubstr("chmod go-w " + open.string()));
}

TEST_F(Doctor, FindsAFolderOfPluginsThatIsMissingOrThatOthersChange) {
  patient.environment["REFOLD_PLUGINS_WATCH"] = (folder / "watched").string();
  EXPECT_THAT(found("plugins"), HasSubstr("fail: plugins.watch: "));
  fs::create_directory(folder / "watched");
  fs::permissions(folder / "watched", fs::perms(0700));
  EXPECT_THAT(found("plugins"), HasSubstr("ok: "));
  fs::permissions(folder / "watched", fs::perms(0777));
  EXPECT_THAT(found("permissions"), HasSubstr("watched may be changed by others"));
}

TEST_F(Doctor, FindsThatTheRunnerIsMissing) {
  patient.runner = folder / "none";
  EXPECT_THAT(found("plugins"), HasSubstr("fail: cannot run " + patient.runner.string()));
}

TEST_F(Doctor, FindsAFullDisk) {
  machine.disk_free_bytes = std::uint64_t{1} << 20;
  EXPECT_THAT(found("disk"), HasSubstr("fail: 1MiB are free"));
  machine.disk_free_bytes = std::uint64_t{3} << 29;
  EXPECT_THAT(found("disk"), HasSubstr("warn: 1536MiB are free"));
  machine = healthy();
  machine.files_free = 3;
  EXPECT_THAT(found("disk"), HasSubstr("fail: the file system has room for 3 more files"));
}

TEST_F(Doctor, FindsAFileSystemThatForgetsOrCannotLock) {
  machine.file_system = 0x01021994;
  EXPECT_THAT(found("file system"), HasSubstr("warn: the data directory is on tmpfs"));
  machine.file_system = 0x794c7630;
  EXPECT_THAT(found("file system"), HasSubstr("mount a volume"));
  machine.file_system = 0x6969;
  EXPECT_THAT(found("file system"), HasSubstr("fail: the data directory is on NFS"));
  machine.file_system = 0x65735546;
  EXPECT_THAT(found("file system"), HasSubstr("warn: the data directory is on FUSE"));
}

TEST_F(Doctor, FindsALimitOfOpenFiles) {
  machine.open_files_max = 1024;
  EXPECT_THAT(found("open files"), HasSubstr("warn: a process may open 1024 files"));
  patient.environment["REFOLD_HTTP_LISTEN"] = "";
  EXPECT_THAT(found("open files"), HasSubstr("ok: "));
}

TEST_F(Doctor, FindsTooLittleMemory) {
  machine.memory_bytes = std::uint64_t{256} << 20;
  EXPECT_THAT(found("memory"), HasSubstr("warn: there are 256MiB"));
  machine.memory_bytes = std::uint64_t{1} << 30;
  patient.file = write("refold.toml",
                       "[[projection]]\nname = \"a\"\nplugin = \"a.so\"\n"
                       "[[projection]]\nname = \"b\"\nplugin = \"a.so\"\n");
  EXPECT_THAT(found("memory"), HasSubstr("2 projections in processes may take 1GiB each"));
  patient.file.reset();
  machine.overcommit = 2;
  EXPECT_THAT(found("memory"), HasSubstr("vm.overcommit_memory is 2"));
}

TEST_F(Doctor, FindsALimitOfAddressSpace) {
  machine.address_space_max = std::uint64_t{8} << 30;
  EXPECT_THAT(found("address space"), HasSubstr("fail: a process may have 8GiB of address space"));
  patient.environment["REFOLD_LIMITS_MAP_BYTES"] = "1GiB";
  EXPECT_THAT(found("address space"), HasSubstr("ok: "));
}

TEST_F(Doctor, FindsAClockThatIsBehindTheLog) {
  machine.now_us -= std::int64_t{3600} * 1'000'000;
  EXPECT_THAT(found("clock"), HasSubstr("which is still to come"));
  machine.now_us = 0;
  EXPECT_THAT(found("clock"), HasSubstr("fail: the clock says 1970-01-01"));
}

TEST_F(Doctor, FindsAClockThatWasSetBack) {
  log::LogStat stat;
  stat.clock_back_us = 90'000'000;
  stat.clock_back_seq = 7;
  Findings findings;
  check_clock(machine, &stat, findings);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_THAT(findings.all()[0].sentence, HasSubstr("set back by 90 s, at seq 7"));
}

class DoctorSocket : public Doctor {
 protected:
  /// A socket at the usual place; somebody listens there as long as the result is open.
  Descriptor bound() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (data / "refold.sock").c_str());
    Descriptor made(::socket(AF_UNIX, SOCK_STREAM, 0));
    EXPECT_EQ(::bind(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(made.get(), 1), 0);
    return made;
  }
};

TEST_F(DoctorSocket, FindsOneThatWasLeftBehind) {
  (void)bound();
  EXPECT_THAT(found("control socket"), HasSubstr("refold.sock was left behind: nobody answers"));
}

TEST_F(DoctorSocket, FindsOneThatOthersMayUse) {
  const auto engine = bound();
  ::chmod((data / "refold.sock").c_str(), 0666);
  EXPECT_THAT(found("control socket"), HasSubstr("fail: others may give commands over"));
  ::chmod((data / "refold.sock").c_str(), 0600);
  EXPECT_THAT(found("control socket"), HasSubstr("ok: an engine answers at"));
}

TEST_F(DoctorSocket, FindsWhatIsNoSocket) {
  std::ofstream(data / "refold.sock") << "x";
  EXPECT_THAT(found("control socket"), HasSubstr("is there, and is no socket"));
}

TEST_F(Doctor, FindsReadersOfProcessesThatWereKilled) {
  recorder.reset();
  // LMDB forgets them by itself when nobody else has the file open.
  const refold::testing::Child living([&](const refold::testing::Channel& channel) {
    const auto log = good(log::WitnessLog::open_reader(data));
    channel.say();
    (void)channel.hear();
  });
  ASSERT_NE(living.channel().hear(), '\0');
  {
    refold::testing::Child killed([&](const refold::testing::Channel& channel) {
      lmdb::Env env;
      lmdb::Txn txn;
      const auto file = log::tail_file(data / "log", 0);
      EXPECT_EQ(lmdb::open_env(file, {MDB_RDONLY, 0, 0, 1024}, env), 0);
      EXPECT_EQ(txn.begin(env.get(), MDB_RDONLY), 0);
      channel.say();
      (void)channel.hear();
    });
    ASSERT_NE(killed.channel().hear(), '\0');
    EXPECT_THAT(found("readers"), HasSubstr("ok: none was left behind in 2 LMDB files"));
    killed.kill(SIGKILL);
    (void)killed.wait();
  }
  EXPECT_THAT(found("readers"), HasSubstr("tail.mdb has 1 readers of processes that are no more"));
}

TEST_F(Doctor, FindsWhatProjectionsHaveLeftBehind) {
  good(try_load("counts", "counts"));
  close();
  EXPECT_THAT(found("leftovers"), HasSubstr("ok: "));
  std::ofstream(data / "plugins" / "old-0123456789abcdef-77.so") << "x";
  EXPECT_THAT(found("leftovers"), HasSubstr("warn: " + (data / "plugins/old-").string()));
  fs::remove(data / "plugins" / "old-0123456789abcdef-77.so");
  fs::create_directories(data / "projections/counts/9");
  EXPECT_THAT(found("leftovers"), HasSubstr("counts/9 is a view that no generation has"));
  fs::remove(data / "projections/counts/9");
  fs::create_directories(data / "projections/gone");
  EXPECT_THAT(found("leftovers"), HasSubstr("gone is of a projection that is no more"));
}

TEST_F(Doctor, FindsASegmentThatIsMissingOrCut) {
  given_segments();
  EXPECT_THAT(found("log"), HasSubstr("ok: 9002 events"));
  const auto file = segment();
  fs::resize_file(file, fs::file_size(file) - 1);
  EXPECT_THAT(found("log"), HasSubstr("fail: " + file.string() + " has "));
  fs::remove(file);
  EXPECT_THAT(found("log"), HasSubstr(file.string() + " is missing => restore that file"));
}

TEST_F(Doctor, FindsASegmentWhoseDirectoryIsDamaged) {
  given_segments();
  const auto file = segment();
  flip(file, fs::file_size(file) - 40);
  EXPECT_THAT(found("log"), HasSubstr("fail: "));
}

TEST_F(Doctor, FindsWithFullWhatIsDamagedInTheMiddle) {
  given_segments();
  const auto file = segment();
  flip(file, fs::file_size(file) / 2);
  log::Seq checked = 0;
  patient.progress = [&](log::Seq now, log::Seq) { checked = now; };
  patient.full = true;
  EXPECT_THAT(found("log"), HasSubstr("checksum mismatch"));
  flip(file, fs::file_size(file) / 2);
  EXPECT_THAT(found("log"), HasSubstr("ok: 9002 events, every checksum recomputed"));
  EXPECT_EQ(checked, 9002U);
}

TEST_F(Doctor, FindsATailThatIsDamaged) {
  recorder.reset();
  const auto file = log::tail_file(data / "log", 0);
  const std::string content = content_of(file);
  std::size_t rows = 0;
  for (std::size_t at = 0; (at = content.find("bsky.feed", at)) != std::string::npos; ++at) {
    flip(file, at);
    ++rows;
  }
  ASSERT_GT(rows, 0U);
  EXPECT_THAT(found("log"), HasSubstr("fail: "));
}

TEST_F(Doctor, FindsWhatSourcesHaveLost) {
  EXPECT_EQ(found("gaps"), "ok: no source has lost events in the last 7 days => ");
  recorder = good(index::Recorder::open(data, recorder_options()));
  auto gap = refold::testing::draft_of(log::Kind::gap, "");
  gap.did.clear();
  gap.status = "CursorTooOld";
  gap.handle = "8-41";
  good(recorder->record(refold::testing::batch_of({gap}, "relay")));
  const std::string said = found("gaps");
  EXPECT_THAT(said,
              HasSubstr("warn: relay has lost events in the last 7 days, 1 time: at seq 3 ("));
  EXPECT_THAT(said, HasSubstr("CursorTooOld; of its server's own: 8-41)"));
  EXPECT_THAT(said, HasSubstr("=> refold backfill"));
  machine.now_us += std::int64_t{8} * 24 * 3600 * 1'000'000;
  EXPECT_THAT(found("gaps"), HasSubstr("ok: "));
}

TEST_F(Doctor, FindsAnIndexThatIsGoneOrBroken) {
  recorder.reset();
  EXPECT_THAT(found("index"), HasSubstr("ok: it is 0 events behind"));
  fs::remove(data / "index/index.mdb");
  EXPECT_THAT(found("index"), HasSubstr("warn: there is none that belongs to this log"));
  std::ofstream(data / "index/index.mdb") << std::string(8192, 'x');
  EXPECT_THAT(found("index"), HasSubstr("refold log reindex"));
}

TEST_F(Doctor, FindsAnIndexThatLags) {
  given_events(210'000);
  EXPECT_THAT(found("index"), HasSubstr("warn: it is 210000 events behind the log"));
}

TEST_F(Doctor, FindsACatalogThatIsDamaged) {
  good(try_load("counts", "counts"));
  close();
  for (const auto& one : fs::directory_iterator(data / "catalog")) {
    if (one.path().extension() != ".mdb") continue;
    std::ofstream(one.path()) << std::string(8192, 'x');
  }
  EXPECT_THAT(found("catalog"), HasSubstr("=> restore catalog/ from a backup"));
}

TEST_F(Doctor, FindsAStagedPluginThatWasChanged) {
  good(try_load("counts", "counts"));
  close();
  for (const auto& one : fs::directory_iterator(data / "plugins")) {
    if (one.path().extension() == ".so") std::ofstream(one.path(), std::ios::app) << "x";
  }
  EXPECT_THAT(found("staged plugins"), HasSubstr("fail: "));
}

TEST_F(Doctor, FindsAViewThatIsGone) {
  good(try_load("counts", "counts"));
  close();
  fs::remove_all(data / "projections/counts/1");
  EXPECT_THAT(found("views"), HasSubstr("generation 1 of 'counts' cannot be used: "));
  EXPECT_THAT(found("views"), HasSubstr("=> refold projection replay counts"));
}

TEST_F(Doctor, FindsAViewOfAnotherLog) {
  good(try_load("counts", "counts"));
  close();
  recorder.reset();
  fs::remove_all(data / "log");
  fs::remove_all(data / "index");
  recorder = good(index::Recorder::open(folder / "other", recorder_options()));
  recorder.reset();
  fs::rename(folder / "other/log", data / "log");
  EXPECT_THAT(found("views"), HasSubstr("fail: generation 1 of 'counts' cannot be used: "));
}

TEST_F(Doctor, FindsProjectionsThatHaveFailedOrAreIncompleteOrUnverified) {
  projection::ProjectionStatus status;
  status.record.name = "likes";
  status.record.current = 1;
  projection::GenerationStatus one;
  one.record.number = 1;
  one.record.failure = projection::Failure{};
  one.record.failure->seq = 5;
  one.record.failure->message = "no such bean";
  one.checkpoint.skipped = {3};
  one.checkpoint.unverified = true;
  status.generations = {one};
  Findings findings;
  check_views({status}, findings);
  ASSERT_EQ(findings.all().size(), 3U);
  EXPECT_THAT(findings.all()[0].sentence, HasSubstr("has failed at seq 5: no such bean"));
  EXPECT_THAT(findings.all()[1].sentence, HasSubstr("is incomplete: 1 event passed over"));
  EXPECT_THAT(findings.all()[2].remedy, HasSubstr("refold projection verify likes"));
}

}  // namespace
}  // namespace refold::engine
