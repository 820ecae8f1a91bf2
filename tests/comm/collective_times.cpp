// A tool, not a test: how long each operation takes between processes of this machine, as JSON.
// usage: collective_times --device cpu|cuda --transport gloo|nccl --ranks N --bytes N,N --out FILE
#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <sstream>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <c10/core/DeviceGuard.h>

#include "base/json.h"
#include "comm/gloo.h"
#include "comm/nccl.h"
#include "support/ranks.h"
#include "tensor/device.h"

namespace {

using kinema::Json;
using kinema::comm::Communicator;
using Clock = std::chrono::steady_clock;

constexpr int kWarmUps = 2, kRuns = 9;

struct Options {
  std::string device = "cpu", transport = "gloo", out;
  int ranks = 2;
  std::vector<int64_t> bytes;
};

Options parsed(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  Options options;
  options.device = given["--device"];
  options.transport = given["--transport"];
  options.ranks = std::stoi(given["--ranks"]);
  options.out = given["--out"];
  std::istringstream sizes(given["--bytes"]);
  for (std::string size; std::getline(sizes, size, ',');) options.bytes.push_back(std::stoll(size));
  return options;
}

double median_seconds(Communicator& group, at::Device device, const std::function<void()>& run) {
  std::vector<double> seconds;
  for (int i = -kWarmUps; i < kRuns; ++i) {
    kinema::tensor::synchronize(device);
    group.barrier();
    const auto start = Clock::now();
    run();
    kinema::tensor::synchronize(device);
    if (i >= 0) seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRuns / 2, seconds.end());
  return seconds[kRuns / 2];
}

// What each operation does with a tensor [size, n] of about `bytes`.
std::map<std::string, std::function<void()>> operations(Communicator& group, at::Tensor& tensor) {
  const int rank = group.rank(), size = group.size();
  auto row = tensor[0];
  return {
      {"all_gather", [&group, row] { group.all_gather(row); }},
      {"all_to_all", [&group, &tensor] { group.all_to_all(tensor); }},
      {"all_reduce", [&group, &tensor] { group.all_reduce_sum(tensor); }},
      {"broadcast", [&group, &tensor] { group.broadcast(tensor, 0); }},
      {"exchange",
       [&group, row, rank, size] {
         auto incoming = at::empty_like(row);
         group.exchange(row, (rank + 1) % size, incoming, (rank + size - 1) % size, 0)->wait();
       }},
  };
}

void measure(const Options& options, kinema::comm::Rendezvous& rendezvous) {
  const bool gpu = options.device == "cuda", nccl = options.transport == "nccl";
  const auto device = !gpu   ? at::Device(at::kCPU)
                      : nccl ? kinema::tensor::gpu(rendezvous.rank())
                             : kinema::tensor::gpu(0);
  const c10::DeviceGuard guard(device);
  std::vector<int> members(static_cast<size_t>(options.ranks));
  std::iota(members.begin(), members.end(), 0);
  std::unique_ptr<kinema::comm::Nccl> by_nccl;
  if (nccl) {
    by_nccl = std::make_unique<kinema::comm::Nccl>(rendezvous, device, nullptr,
                                                   KINEMA_BUILD_DIR "/libkinema_nccl.so");
  }
  const auto group = nccl ? by_nccl->group("world", members)
                          : kinema::comm::gloo_group(rendezvous, "world", members);
  Json rows = Json::array();
  for (auto bytes : options.bytes) {
    const int64_t columns = std::max<int64_t>(1, bytes / options.ranks / 2);
    auto tensor =
        at::zeros({options.ranks, columns}, at::TensorOptions(at::kBFloat16).device(device));
    for (const auto& [name, run] : operations(*group, tensor)) {
      const auto before = group->traffic().bytes_out;
      const double seconds = median_seconds(*group, device, run);
      const auto sent = (group->traffic().bytes_out - before) / (kWarmUps + kRuns);
      rows.push_back({{"transport", options.transport},
                      {"device", options.device},
                      {"ranks", options.ranks},
                      {"operation", name},
                      {"bytes", tensor.nbytes()},
                      {"bytes_sent", sent},
                      {"seconds", seconds}});
    }
  }
  if (group->rank() == 0) std::ofstream(options.out) << rows.dump(1) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = parsed(argc, argv);
    kinema::test::run_ranks(
        options.ranks, [&](kinema::comm::Rendezvous& rendezvous) { measure(options, rendezvous); });
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "collective_times: " << error.what() << "\n";
    return 1;
  }
}
