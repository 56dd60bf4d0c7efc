#pragma once
// For tests: TCP sockets on 127.0.0.1.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

namespace inferometer::mqtt {

// A TCP socket bound to a free port, until it is closed. Not listening yet; port 0 says that it failed.
struct BoundSocket {
  int fd = -1;
  int port = 0;
};

inline BoundSocket BindToFreePort() {
  BoundSocket bound{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(bound.fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      ::getsockname(bound.fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    bound.port = ntohs(address.sin_port);
  }
  return bound;
}

// A port that nobody listens at now.
inline int FreeLoopbackPort() {
  const BoundSocket bound = BindToFreePort();
  ::close(bound.fd);
  return bound.port;
}

// Whether the connect succeeded at once; `flags` are those of socket(2). The socket is in `fd`.
inline bool ConnectToLoopback(int port, int flags, int& fd) {
  fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace inferometer::mqtt
