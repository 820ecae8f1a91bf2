// The processes that work on one request, as one of them sees them: its groups, and what they put
// into a model's seams.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"
#include "nn/seams.h"
#include "parallel/sequence.h"
#include "plan/device_mesh.h"

namespace kinema::parallel {

// Makes the group of these members (world ranks in group order) for the calling process, which is
// one of them.
using GroupMaker = std::function<std::unique_ptr<comm::Communicator>(
    const std::string& name, const std::vector<int>& members)>;

class Team {
 public:
  // A process that works alone.
  Team();
  // Process `rank` of the mesh. Groups are made in one fixed order, and every process makes as
  // many: where it has no part in one, a group of itself alone.
  Team(const plan::DeviceMesh& mesh, int rank, const GroupMaker& make_group);
  ~Team();

  int rank() const { return rank_; }
  int size() const { return replica().size(); }
  // The first rank collects results and writes files.
  bool is_first() const { return replica().rank() == 0; }
  // Whether this process takes part in denoising (some may only decode tiles), and how many do.
  bool denoises() const { return denoises_; }
  int denoising() const { return static_cast<int>(plan_.denoising()); }

  comm::Communicator& replica() const { return *replica_; }
  comm::Communicator& tensor() const { return *tensor_; }
  comm::Communicator& cfg() const { return *cfg_; }
  comm::Communicator& vae() const { return *vae_; }
  // The ranks that hold one copy of the repeated blocks' weights together; null if every rank has
  // its own. For streaming alone: it may be used by another thread than the one that computes.
  const std::shared_ptr<comm::Communicator>& weights() const { return weights_; }
  // Whether this process decodes tiles.
  bool in_vae() const { return in_vae_; }

  // Before a request: how many video tokens it has.
  void begin(int64_t video_tokens) { layout_.begin(video_tokens); }
  const nn::TokenSplit& tokens() const { return *tokens_; }
  const nn::JointAttention& attend() const { return *attend_; }
  nn::HeadPart heads() const { return {tensor_->rank(), tensor_->size()}; }

  // The replica's rank that speaks for guidance branch `index`: the first of those that predict it.
  // The tensor-parallel ranks of its group follow it.
  int speaker(size_t index) const;
  int tensor_ranks() const { return static_cast<int>(plan_.tensor); }
  // Of `count` guidance branches those predicted here, and from everybody's predictions (equal
  // shapes) all `count`, in order.
  std::vector<size_t> branches(size_t count) const;
  std::vector<at::Tensor> gathered(const std::vector<at::Tensor>& mine, size_t count) const;

  // What this process has sent so far, by group of more than one process.
  std::map<std::string, uint64_t> bytes_sent() const;
  void observe(const comm::Communicator::Observer& observer);

 private:
  void fill_seams(const plan::DeviceMesh& mesh, int rank);

  // Ranks that do not denoise are alone in their groups, so that only the plan tells them of the
  // others.
  plan::ParallelPlan plan_;
  int rank_ = 0;
  bool denoises_ = true, in_vae_ = true;
  std::unique_ptr<comm::Communicator> replica_, tensor_, ulysses_, ring_, sequence_, cfg_, vae_;
  std::shared_ptr<comm::Communicator> weights_;
  SequenceLayout layout_;
  std::unique_ptr<nn::TokenSplit> tokens_;
  std::unique_ptr<nn::JointAttention> inner_, attend_owner_;
  const nn::JointAttention* attend_ = nullptr;
};

// The tensor that `root` has, on every member, each on its own device of the same kind; others pass
// an undefined one. Shapes and type need not be known. An undefined tensor at the root gives
// undefined ones.
at::Tensor shared_from(comm::Communicator& comm, int root, const at::Tensor& tensor);

}  // namespace kinema::parallel
