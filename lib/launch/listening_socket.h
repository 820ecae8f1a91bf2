// A loopback port that the kernel chose, listening already, so that two runs never clash.
#pragma once

namespace kinema::launch {

class ListeningSocket {
 public:
  // Throws Error(kComm).
  ListeningSocket();
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  int port() const { return port_; }
  int fd() const { return fd_; }
  // Gives the descriptor away; the caller closes it.
  int release();

 private:
  int fd_ = -1, port_ = 0;
};

}  // namespace kinema::launch
