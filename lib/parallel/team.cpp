// Groups from the mesh, seams from the groups.
#include "parallel/team.h"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "base/error.h"
#include "comm/nccl.h"
#include "parallel/ring_attention.h"
#include "parallel/ulysses_attention.h"

namespace kinema::parallel {
namespace {

std::unique_ptr<comm::Communicator> alone(const char* name) {
  return std::make_unique<comm::LocalCommunicator>(name);
}

std::vector<int> as_ints(const plan::Ranks& ranks) { return {ranks.begin(), ranks.end()}; }

}  // namespace

Team::Team() : layout_(1, 1) {
  replica_ = alone("replica");
  tensor_ = alone("tensor");
  ulysses_ = alone("ulysses");
  ring_ = alone("ring");
  sequence_ = alone("sequence");
  cfg_ = alone("cfg");
  vae_ = alone("vae");
  fill_seams(plan::DeviceMesh({}), 0);
}

Team::Team(const plan::DeviceMesh& mesh, int rank, const GroupMaker& make_group)
    : plan_(mesh.plan()),
      rank_(rank),
      denoises_(mesh.denoises(rank)),
      layout_(mesh.plan().ulysses, mesh.plan().ring) {
  auto on = [&](plan::Axis axis, const char* name) {
    return make_group(name, as_ints(mesh.group(rank, axis)));
  };
  replica_ = make_group("replica", as_ints(mesh.replica(rank)));
  tensor_ = on(plan::Axis::kTensor, "tensor");
  ulysses_ = on(plan::Axis::kUlysses, "ulysses");
  ring_ = on(plan::Axis::kRing, "ring");
  sequence_ = on(plan::Axis::kSequence, "sequence");
  cfg_ = on(plan::Axis::kCfg, "cfg");
  auto vae = as_ints(mesh.vae(rank));
  in_vae_ = std::find(vae.begin(), vae.end(), rank) != vae.end();
  vae_ = make_group("vae", in_vae_ ? vae : std::vector{rank});
  if (plan_.hsdp_shard > 0) {
    weights_ = make_group(comm::kGatherAheadGroup,
                          denoises_ ? as_ints(mesh.shard(rank)) : std::vector{rank});
    if (!denoises_) weights_.reset();
  }
  fill_seams(mesh, rank);
}

Team::~Team() = default;

void Team::fill_seams(const plan::DeviceMesh& mesh, int rank) {
  tokens_ = sequence_->size() > 1 ? std::make_unique<SequenceSplit>(layout_, *sequence_)
                                  : std::make_unique<nn::TokenSplit>();
  if (ring_->size() > 1) {
    inner_ = std::make_unique<RingAttention>(layout_, *ring_);
  } else {
    inner_ = std::make_unique<nn::LocalJointAttention>();
  }
  attend_ = inner_.get();
  // A ring without Ulysses still needs its padding cut off before attention.
  if (sequence_->size() > 1) {
    attend_owner_ = std::make_unique<UlyssesAttention>(
        layout_, *ulysses_, mesh.coordinate(rank, plan::Axis::kRing), *inner_);
    attend_ = attend_owner_.get();
  }
}

int Team::speaker(size_t index) const {
  const auto branch = static_cast<int64_t>(index) % plan_.cfg;
  return static_cast<int>(branch * plan_.tensor * plan_.ulysses * plan_.ring);
}

// Branch i belongs to rank i mod size; with fewer branches than ranks some are predicted twice,
// which costs no time.
std::vector<size_t> Team::branches(size_t count) const {
  const auto rank = static_cast<size_t>(cfg_->rank()), size = static_cast<size_t>(cfg_->size());
  if (count <= size) return {rank % count};
  std::vector<size_t> mine;
  for (size_t i = rank; i < count; i += size) mine.push_back(i);
  return mine;
}

std::vector<at::Tensor> Team::gathered(const std::vector<at::Tensor>& mine, size_t count) const {
  if (cfg_->size() == 1 || count == 1) return mine;
  const auto size = static_cast<size_t>(cfg_->size());
  auto filled = mine;
  // A rank with fewer branches than another fills up with zeros that nobody reads.
  while (filled.size() * size < count) filled.push_back(at::zeros_like(mine.at(0)));
  auto all = cfg_->all_gather(at::stack(filled));  // [size, slots, ...]
  std::vector<at::Tensor> predictions;
  for (size_t i = 0; i < count; ++i) {
    predictions.push_back(all[static_cast<int64_t>(i % size)][static_cast<int64_t>(i / size)]);
  }
  return predictions;
}

std::map<std::string, uint64_t> Team::bytes_sent() const {
  std::map<std::string, uint64_t> sent;
  for (const auto* group : {&replica_, &tensor_, &ulysses_, &ring_, &sequence_, &cfg_, &vae_}) {
    if ((*group)->size() > 1)
      sent[(*group)->group()] = static_cast<uint64_t>((*group)->traffic().bytes_out);
  }
  return sent;
}

void Team::observe(const comm::Communicator::Observer& observer) {
  for (auto* group : {&replica_, &tensor_, &ulysses_, &ring_, &sequence_, &cfg_, &vae_}) {
    if ((*group)->size() > 1) (*group)->observe(observer);
  }
}

at::Tensor shared_from(comm::Communicator& comm, int root, const at::Tensor& tensor) {
  if (comm.size() == 1) return tensor;
  // Type, kind of device, number of dimensions (-1: nothing) and up to 6 sizes; read by the host.
  constexpr int64_t kMaxDims = 6;
  auto header = at::zeros({3 + kMaxDims}, at::kLong);
  auto* fields = header.data_ptr<int64_t>();
  if (comm.rank() == root) {
    fields[2] = -1;
    if (tensor.defined()) {
      fields[0] = static_cast<int64_t>(tensor.scalar_type());
      fields[1] = static_cast<int64_t>(tensor.device().type());
      fields[2] = tensor.dim();
      if (tensor.dim() <= kMaxDims)
        std::copy(tensor.sizes().begin(), tensor.sizes().end(), fields + 3);
    }
  }
  comm.broadcast(header, root);
  if (fields[2] < 0) return {};
  if (fields[2] > kMaxDims) {
    throw Error(ErrorKind::kInternal, comm.group() + ": a tensor of " + std::to_string(fields[2]) +
                                          " dimensions is to be shared, of at most " +
                                          std::to_string(kMaxDims));
  }
  // A device without an index is this process's current one.
  const auto options = at::TensorOptions()
                           .dtype(static_cast<at::ScalarType>(fields[0]))
                           .device(static_cast<at::DeviceType>(fields[1]));
  auto result =
      comm.rank() == root
          ? tensor.contiguous()
          : at::empty(at::IntArrayRef(fields + 3, static_cast<size_t>(fields[2])), options);
  if (result.numel() > 0) comm.broadcast(result, root);
  return result;
}

}  // namespace kinema::parallel
