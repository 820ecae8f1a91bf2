// What replicas that work on one batch know of each other: who has taken which output, and whether
// to stop.
#pragma once

#include <set>
#include <string>

#include "comm/rendezvous.h"

namespace kinema::engine {

class ShareBoard {
 public:
  // A process, or a group of them, that has no others beside it.
  ShareBoard() = default;
  explicit ShareBoard(comm::Rendezvous& store) : store_(&store) {}

  // True for the first process of the run that asks for the name.
  bool claim(const std::string& name);
  // Tells all to take nothing more, and whether somebody has told so.
  void stop();
  bool stopped();
  // Returns when every process of the run has come here, however long that takes: one replica may
  // be at its last video when another has nothing left.
  void wait_for_all();

 private:
  comm::Rendezvous* store_ = nullptr;
  std::set<std::string> claimed_;
};

}  // namespace kinema::engine
