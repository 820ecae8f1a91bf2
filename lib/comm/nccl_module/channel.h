// One NCCL communicator and the stream its operations run on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "comm/nccl_backend.h"
#include "comm/nccl_module/watch.h"

namespace kinema::comm {

// Where a channel's operations run.
struct Place {
  int device;
  cudaStream_t stream;
};

class Channel : public NcclChannel {
 public:
  // Takes over the communicator of `size` members.
  Channel(ncclComm_t communicator, int size, const Place& place, std::shared_ptr<Watch> watch);
  ~Channel() override;

  void all_gather(const std::string& label, const at::Tensor& part, const at::Tensor& out) override;
  void all_to_all(const std::string& label, const at::Tensor& in, const at::Tensor& out) override;
  void all_reduce_sum(const std::string& label, const at::Tensor& tensor) override;
  void broadcast(const std::string& label, const at::Tensor& tensor, int root) override;
  std::unique_ptr<NcclTransfer> pass(const std::string& label,
                                     std::vector<NcclMessage> messages) override;
  void meet(const std::string& label) override;

 private:
  // Gives the stream what `enqueue(communicator, stream)` says, after everything the current stream
  // has been given so far. The point at which it is done.
  template <typename Enqueue>
  std::shared_ptr<const Event> start(const std::string& label, Enqueue&& enqueue);
  // The same, and the current stream goes on after it.
  template <typename Enqueue>
  void run(const std::string& label, Enqueue&& enqueue);

  int size_, device_;
  cudaStream_t stream_;
  std::shared_ptr<Watch> watch_;
  ncclComm_t communicator_;
};

}  // namespace kinema::comm
