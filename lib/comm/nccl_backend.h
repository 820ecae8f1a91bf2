// What libkinema_nccl.so does for the rest of the program. It stands apart so that a run on the CPU
// loads neither NCCL nor CUDA. Its failures are std::runtime_error, one sentence without the group.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace kinema::comm {

// Messages on their way. wait() lets what is given to the current stream from now on come after
// them; the host does not wait. Holds the tensors.
class NcclTransfer {
 public:
  virtual ~NcclTransfer() = default;
  virtual void wait() = 0;
};

// One half of a message between two members.
struct NcclMessage {
  enum class Way { kSend, kReceive };
  Way way;
  at::Tensor tensor;  // contiguous, on the device
  int peer;
};

// One group of processes, each with a GPU of its own. Tensors are contiguous and on the device;
// results are there for whatever the current stream is given next. `label` names the operation in
// messages.
class NcclChannel {
 public:
  virtual ~NcclChannel() = default;
  // out [size, ...] of the members' parts.
  virtual void all_gather(const std::string& label,
                          const at::Tensor& part,
                          const at::Tensor& out) = 0;
  // Row r of in [size, ...] goes to rank r; row r of out came from rank r.
  virtual void all_to_all(const std::string& label,
                          const at::Tensor& in,
                          const at::Tensor& out) = 0;
  virtual void all_reduce_sum(const std::string& label, const at::Tensor& tensor) = 0;
  virtual void broadcast(const std::string& label, const at::Tensor& tensor, int root) = 0;
  // All messages are posted together. Between two members they arrive in the order of posting.
  virtual std::unique_ptr<NcclTransfer> pass(const std::string& label,
                                             std::vector<NcclMessage> messages) = 0;
  // Returns when every member has called it.
  virtual void meet(const std::string& label) = 0;
};

// What a group is for. Exchanges share one stream, so that no two of them are ever on the device
// together. Gathers ahead of need have a stream of their own, because an exchange that queues
// behind one would wait for it, and take few of the device's processors, so that exchanges always
// find some: two operations that each wait for the other's peers cannot come about.
enum class NcclUse { kExchange, kGatherAhead };

// This process's GPU as NCCL uses it: a stream for each use, and a thread that watches what is on
// them.
class NcclDevice {
 public:
  virtual ~NcclDevice() = default;
  // Bytes that name a new run, to be handed to its processes.
  virtual std::string new_run() = 0;
  // Joins the run, once, before split(); returns when all `size` processes have.
  virtual void join(const std::string& run, int rank, int size) = 0;
  // Parts the run's processes into groups: those with one `colour`, in the order of their `place`.
  // Called by every process at the same point; null for one without a group.
  struct Part {
    int colour = kNoGroup, place = 0, size = 1;
    NcclUse use = NcclUse::kExchange;
  };
  static constexpr int kNoGroup = -1;
  virtual std::unique_ptr<NcclChannel> split(const Part& part) = 0;
};

struct NcclSettings {
  int device = 0;
  // An operation, or joining a group, that takes longer has lost somebody.
  std::chrono::milliseconds deadline{0};
  // Called once, by the watching thread, when an operation failed or did not end in time; all
  // communicators are aborted by then. The process's other threads may wait for the GPU for ever.
  std::function<void(const std::string& reason)> on_failure;
};

// Exported as kinema_nccl_open.
using NcclOpen = std::unique_ptr<NcclDevice> (*)(const NcclSettings& settings);

}  // namespace kinema::comm
