#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/descriptor.h"

namespace refold::testing {

/// One connection of a ScriptedServer, or of a raw client: blocks, does as it is told.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  /// A client's, to a port of this machine.
  static Connection to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect");
    return Connection(fd);
  }
  ~Connection() {
    if (ssl_ != nullptr) SSL_free(ssl_);
  }
  Connection(Connection&& other) noexcept
      : fd_(std::move(other.fd_)), ssl_(std::exchange(other.ssl_, nullptr)) {}
  Connection& operator=(Connection&&) = delete;

  bool accept_tls(SSL_CTX* context) {
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd_.get());
    return SSL_accept(ssl_) == 1;
  }

  /// False once the peer has gone.
  bool write(std::string_view text) {
    while (!text.empty()) {
      const auto size = ssl_ != nullptr
                            ? SSL_write(ssl_, text.data(), static_cast<int>(text.size()))
                            : ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }
  /// Empty at the end.
  std::string read_some() {
    char bytes[16'384];
    const auto size = ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof bytes)
                                      : ::recv(fd_.get(), bytes, sizeof bytes, 0);
    return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : "";
  }
  /// Up to the end of `mark`, or of the connection; what follows stays for the next call.
  std::string read_to(std::string_view mark) {
    for (;;) {
      const auto found = read_.find(mark);
      if (found != std::string::npos) {
        std::string text = read_.substr(0, found + mark.size());
        read_.erase(0, text.size());
        return text;
      }
      const std::string more = read_some();
      if (more.empty()) return std::exchange(read_, {});
      read_ += more;
    }
  }
  /// As read_to(), but all of it stays for the next call.
  std::string peek_to(std::string_view mark) {
    std::string text = read_to(mark);
    read_.insert(0, text);
    return text;
  }
  std::string read_bytes(std::size_t count) {
    while (read_.size() < count) {
      const std::string more = read_some();
      if (more.empty()) break;
      read_ += more;
    }
    std::string text = read_.substr(0, count);
    read_.erase(0, text.size());
    return text;
  }
  std::string read_all() {
    std::string text = std::exchange(read_, {});
    for (std::string more = read_some(); !more.empty(); more = read_some()) text += more;
    return text;
  }
  void end_writing() { ::shutdown(fd_.get(), SHUT_WR); }
  /// Closes the connection without order, as a process that is killed in the middle of an answer.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd_ = Descriptor();
  }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // WebSocket, as a server ------------------------------------------------------------------------
  /// Answers the handshake; returns its head ("" if none came).
  std::string accept_websocket() {
    std::string head = read_to("\r\n\r\n");
    const std::string name = "Sec-WebSocket-Key: ";
    const auto at = head.find(name);
    if (at == std::string::npos) return "";
    const std::string key =
        head.substr(at + name.size(), head.find("\r\n", at) - at - name.size()) +
        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[20];
    EVP_Digest(key.data(), key.size(), digest, nullptr, EVP_sha1(), nullptr);
    unsigned char accept[32] = {};
    EVP_EncodeBlock(accept, digest, sizeof digest);
    write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        std::string(reinterpret_cast<char*>(accept)) + "\r\n\r\n");
    return head;
  }
  static std::string frame(int opcode, std::string_view payload, bool last = true) {
    std::string bytes(1, static_cast<char>((last ? 0x80 : 0) | opcode));
    if (payload.size() < 126) {
      bytes += static_cast<char>(payload.size());
    } else {
      bytes += static_cast<char>(payload.size() < 65'536 ? 126 : 127);
      for (int shift = payload.size() < 65'536 ? 8 : 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>(payload.size() >> shift);
    }
    return bytes.append(payload);
  }
  bool send_text(std::string_view text) { return write(frame(1, text)); }
  bool send_binary(std::string_view bytes) { return write(frame(2, bytes)); }
  bool send_close(std::uint16_t code, std::string_view why) {
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
    return write(frame(8, payload.append(why)));
  }

 private:
  Descriptor fd_;
  SSL* ssl_ = nullptr;
  std::string read_;
};

/// A server on loopback that does to each connection what a script says, in a thread of its own.
class ScriptedServer {
 public:
  using Script = std::function<void(Connection& connection, int number)>;

  explicit ScriptedServer(Script script, SSL_CTX* tls = nullptr)
      : script_(std::move(script)), tls_(tls) {
    listener_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
        ::getsockname(listener_.get(), generic, &size) != 0)
      throw std::runtime_error("cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~ScriptedServer() {
    ending_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connections() const { return count_; }
  /// For scripts that wait: true once the server is to go.
  [[nodiscard]] bool ending() const { return ending_; }
  [[nodiscard]] std::string url(const std::string& scheme, const std::string& target) const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + target;
  }

 private:
  void accept() {
    for (;;) {
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int number = count_++;
      {
        const std::lock_guard lock(mutex_);
        open_.push_back(fd);
      }
      threads_.emplace_back([this, fd, number] {
        Connection connection(fd);
        if (tls_ == nullptr || connection.accept_tls(tls_)) script_(connection, number);
        const std::lock_guard lock(mutex_);
        std::erase(open_, fd);
      });
    }
  }

  Script script_;
  SSL_CTX* tls_;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> threads_;
  std::atomic<int> count_{0};
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::vector<int> open_;
};

}  // namespace refold::testing
