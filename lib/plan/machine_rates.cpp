// Data sheets of the cards, and the share of them that programs have been seen to reach.
#include "plan/machine_rates.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace kinema::plan {
namespace {

// Of the dense bfloat16 peak: what cuBLAS and the attention kernels reach on large problems (790
// and 700 of 989 TFLOP/s on an H200).
constexpr double kMatrixShare = 0.8, kAttentionShare = 0.7;
constexpr double kMemoryShare = 0.9;
// Forty launches of 5 us each.
constexpr double kGpuBlockFloor = 2e-4;
constexpr double kDisk = 2e9;
// Several threads copy what the system has in its cache into pinned buffers.
constexpr double kCacheCopy = 20e9;

// One thread, float32: matrix products of a few hundred rows, measured.
constexpr double kThreadMatrix = 40e9, kThreadAttention = 30e9;
constexpr double kCpuBlockFloor = 2e-4;
constexpr double kMemoryCopy = 5e9;  // of one process beside others

struct Card {
  const char* part;  // of its name
  double tflops;     // dense bfloat16
  double gigabytes;
  double terabytes_per_second;
  LinkKind link;
  double host;  // GB/s from pinned host memory: 16 lanes of generation 5, 4 or (unknown) fewer
};

constexpr auto kNvlink = LinkKind::kNvlink, kPcie = LinkKind::kPcie;
// A name is looked for from the top: what contains another name stands above it.
constexpr std::array kCards = {
    Card{"B300", 2250, 288, 8, kNvlink, 50},
    Card{"B200", 2250, 180, 8, kNvlink, 50},
    Card{"H200", 989, 141, 4.8, kNvlink, 50},
    Card{"H100 PCIe", 756, 80, 2, kPcie, 50},
    Card{"H100", 989, 80, 3.35, kNvlink, 50},
    Card{"H800", 989, 80, 3.35, kNvlink, 50},
    Card{"H20", 148, 96, 4, kNvlink, 50},
    Card{"A100-PCIE-40GB", 312, 40, 1.55, kPcie, 24},
    Card{"A100-SXM4-40GB", 312, 40, 1.55, kNvlink, 24},
    Card{"A100-PCIE", 312, 80, 2, kPcie, 24},
    Card{"A100 80GB PCIe", 312, 80, 2, kPcie, 24},
    Card{"A100", 312, 80, 2, kNvlink, 24},
    Card{"RTX PRO 6000", 500, 96, 1.8, kPcie, 50},
    Card{"L40S", 362, 48, 0.86, kPcie, 24},
    Card{"L40", 181, 48, 0.86, kPcie, 24},
    Card{"L4", 121, 24, 0.3, kPcie, 24},
    Card{"RTX 5090", 210, 32, 1.79, kPcie, 50},
    Card{"RTX 4090", 165, 24, 1, kPcie, 24},
    Card{"RTX 3090", 71, 24, 0.94, kPcie, 24},
};
constexpr Card kUnknown{"", 71, 0, 0.9, kPcie, 12};

const Card& card_of(const std::string& name) {
  for (const auto& card : kCards) {
    if (name.find(card.part) != std::string::npos) return card;
  }
  return kUnknown;
}

}  // namespace

Link link_of(LinkKind kind) {
  switch (kind) {
    case LinkKind::kNvlink:
      return {300e9, 20e-6};  // of 450 GB/s a direction
    case LinkKind::kPcie:
      return {50e9, 30e-6};  // 16 lanes of generation 5
    case LinkKind::kNetwork:
      return {45e9, 40e-6};  // 400 Gb/s for each GPU
    case LinkKind::kLoopback:
      return {1e9, 3e-4};  // Gloo between processes of one CPU, measured
  }
  return {};
}

const char* link_name(LinkKind kind) {
  switch (kind) {
    case LinkKind::kNvlink:
      return "NVLink";
    case LinkKind::kPcie:
      return "PCIe";
    case LinkKind::kNetwork:
      return "network";
    case LinkKind::kLoopback:
      return "loopback";
  }
  return "";
}

int64_t MachineRates::together(int64_t ranks) const {
  return ranks_per_machine == 0 ? ranks : std::min(ranks, ranks_per_machine);
}

Link MachineRates::between(int64_t ranks) const {
  return link_of(ranks_per_machine == 0 || ranks <= ranks_per_machine ? near : far);
}

MachineRates gpu_rates(const std::string& name) {
  const auto& card = card_of(name);
  MachineRates rates;
  rates.name = name;
  rates.matrix = card.tflops * 1e12 * kMatrixShare;
  rates.attention = card.tflops * 1e12 * kAttentionShare;
  rates.memory_bytes_per_second = card.terabytes_per_second * 1e12 * kMemoryShare;
  rates.block_floor = kGpuBlockFloor;
  rates.memory = static_cast<uint64_t>(card.gigabytes * 1e9);
  rates.near = card.link;
  rates.host_bytes_per_second = card.host * 1e9;
  rates.cache_bytes_per_second = std::min(rates.host_bytes_per_second, kCacheCopy);
  rates.disk_bytes_per_second = kDisk;
  return rates;
}

uint64_t usable_memory(const MachineRates& rates) {
  constexpr double kUsableShare = 0.9;
  return static_cast<uint64_t>(static_cast<double>(rates.memory) * kUsableShare);
}

MachineRates cpu_rates(int64_t threads) {
  MachineRates rates;
  rates.name = fmt::format("CPU, {} thread{}", threads, threads == 1 ? "" : "s");
  rates.matrix = static_cast<double>(threads) * kThreadMatrix;
  rates.attention = static_cast<double>(threads) * kThreadAttention;
  rates.memory_bytes_per_second = kMemoryCopy;
  rates.block_floor = kCpuBlockFloor;
  rates.near = LinkKind::kLoopback;
  rates.host_bytes_per_second = kMemoryCopy;
  rates.cache_bytes_per_second = kMemoryCopy;
  rates.disk_bytes_per_second = kDisk;
  return rates;
}

}  // namespace kinema::plan
