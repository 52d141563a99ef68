#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "core/base/descriptor.h"
#include "core/engine/endpoints.h"
#include "core/engine/engine.h"
#include "tests/engine/config_fixture.h"
#include "tests/projection/library_fixture.h"

namespace refold::engine {
using projection::comes_true;
using projection::good;
using projection::LibraryTest;

/// An engine that listens at a port of the system's choice.
class Network : public LibraryTest {
 protected:
  Network() {
    recorder.reset();
    config.data = data;
    config.http.listen = "127.0.0.1:0";
    config.limits.map_bytes = std::size_t{1} << 30;
    config.limits.disk_free_min = 1;
  }
  ~Network() override { engine.reset(); }

  void start(EngineOptions engine_options = {}) {
    engine_options.runner = refold::testing::runner;
    engine = good(Engine::start(config, logging, std::move(engine_options)));
  }
  template <class Address>
  static std::string ask(const Address& address, const std::string& target,
                         const std::string& method = "GET") {
    const Descriptor to(
        ::socket(reinterpret_cast<const sockaddr*>(&address)->sa_family, SOCK_STREAM, 0));
    if (::connect(to.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return "no connection";
    }
    const std::string request = method + " " + target +
                                " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                                "Connection: close\r\n\r\n";
    EXPECT_EQ(::send(to.get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    char buffer[4096];
    for (ssize_t got; (got = ::recv(to.get(), buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
    return answer;
  }
  std::string over_http(const std::string& target) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(engine->http_port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ask(address, target);
  }
  std::string over_socket(const std::string& target, const std::string& method = "GET") const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, config.socket().c_str());
    return ask(address, target, method);
  }
  SourceConfig capture(const std::string& name) {
    SourceConfig source;
    source.name = name;
    source.kind = SourceKind::capture;
    source.file = folder / "events.jsonl";
    return source;
  }
  bool says(const std::string& text) {
    return comes_true([&] { return content_of(folder / "lines").find(text) != std::string::npos; });
  }

  Config config;
  Descriptor lines{::open((folder / "lines").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)};
  Logging logging{LoggingConfig{Level::debug}, lines.get()};
  std::unique_ptr<Engine> engine;
};

}  // namespace refold::engine
