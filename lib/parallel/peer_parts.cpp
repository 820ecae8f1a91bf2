// Two rounds of messages through host memory: names and samples, then whether all could be opened.
#include "parallel/peer_parts.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <fstream>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

namespace kinema::parallel {
namespace {

constexpr int64_t kSample = 256;

// Everybody's text, by rank.
std::vector<std::string> told_all(comm::Communicator& group, const std::string& mine) {
  const auto lengths = group.all_gather(at::tensor({static_cast<int64_t>(mine.size())}));
  const auto longest = std::max<int64_t>(1, lengths.max().item<int64_t>());
  auto padded = at::zeros({longest}, at::kByte);
  std::memcpy(padded.mutable_data_ptr(), mine.data(), mine.size());
  const auto all = group.all_gather(padded).contiguous();  // [ranks, longest]
  std::vector<std::string> texts;
  for (int rank = 0; rank < group.size(); ++rank) {
    const auto* begin = static_cast<const char*>(all[rank].const_data_ptr());
    texts.emplace_back(begin, static_cast<size_t>(lengths[rank].item<int64_t>()));
  }
  return texts;
}

// Names this boot of this machine.
std::string machine() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

// The first and the last bytes; the host waits for them and for all that was given before.
std::string sample(const at::Tensor& bytes) {
  const int64_t length = std::min(kSample, bytes.numel());
  std::string text;
  for (int64_t begin : {int64_t{0}, bytes.numel() - length}) {
    const auto there = bytes.narrow(0, begin, length).cpu();
    text.append(static_cast<const char*>(there.const_data_ptr()), static_cast<size_t>(length));
  }
  return text;
}

// The first line of what has failed.
std::string reason(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

struct Named {
  std::string machine, sample, name, obstacle;
};

Named named(comm::PeerMemory& memory, const at::Tensor& mine, int64_t written) {
  Named named{machine(), sample(mine.narrow(0, 0, written)), {}, {}};
  try {
    named.name = memory.name_of(mine);
  } catch (const std::exception& error) {
    named.obstacle = reason(error);
  }
  return named;
}

// Everybody's by rank.
std::vector<Named> named_by_all(comm::Communicator& group, const Named& mine) {
  const auto machines = told_all(group, mine.machine), samples = told_all(group, mine.sample),
             names = told_all(group, mine.name), obstacles = told_all(group, mine.obstacle);
  std::vector<Named> all;
  for (size_t i = 0; i < machines.size(); ++i)
    all.push_back({machines[i], samples[i], names[i], obstacles[i]});
  return all;
}

std::string first_obstacle(const std::vector<Named>& all) {
  for (const auto& one : all) {
    if (!one.obstacle.empty()) return one.obstacle;
    if (one.machine.empty() || one.machine != all.front().machine)
      return "the ranks are on different machines";
  }
  return {};
}

at::Tensor opened(comm::PeerMemory& memory, const Named& peer, int64_t size, int64_t written) {
  auto part = memory.open(peer.name, size);
  if (sample(part.narrow(0, 0, written)) != peer.sample)
    throw std::runtime_error("a peer's memory reads as other bytes");
  return part;
}

}  // namespace

PeerParts open_peers(comm::Communicator& group,
                     comm::PeerMemory& memory,
                     const at::Tensor& mine,
                     int64_t written) {
  const auto all = named_by_all(group, named(memory, mine, written));
  PeerParts peers;
  peers.obstacle = first_obstacle(all);
  if (!peers.obstacle.empty()) return peers;
  std::string failure;
  try {
    for (int rank = 0; rank < group.size(); ++rank) {
      const auto& peer = all[static_cast<size_t>(rank)];
      peers.parts.push_back(rank == group.rank() ? mine
                                                 : opened(memory, peer, mine.numel(), written));
    }
  } catch (const std::exception& error) {
    failure = reason(error);
  }
  for (const auto& one : told_all(group, failure)) {
    if (peers.obstacle.empty()) peers.obstacle = one;
  }
  if (!peers.obstacle.empty()) peers.parts.clear();
  return peers;
}

}  // namespace kinema::parallel
