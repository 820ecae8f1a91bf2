// Everything but sums moves bytes, so that any type of tensor travels.
#include "comm/nccl_module/channel.h"

#include <stdexcept>
#include <utility>

#include <ATen/ops/zeros.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace kinema::comm {
namespace {

cudaStream_t current_stream(int device) {
  return c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(device)).stream();
}

ncclDataType_t summed_type(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return ncclFloat32;
    case at::kDouble:
      return ncclFloat64;
    case at::kBFloat16:
      return ncclBfloat16;
    case at::kHalf:
      return ncclFloat16;
    case at::kInt:
      return ncclInt32;
    case at::kLong:
      return ncclInt64;
    default:
      throw std::runtime_error(std::string("sums of ") + at::toString(type) + " are not supported");
  }
}

void require_dense(const at::Tensor& tensor) {
  if (!tensor.is_contiguous() || !tensor.is_cuda())
    throw std::runtime_error("a contiguous tensor on a GPU is wanted");
}

// Operations between begin and end are one, so that none waits for another.
class Together {
 public:
  Together() { NCCL_CHECK(ncclGroupStart); }
  ~Together() {
    if (!ended_) ncclGroupEnd();
  }
  void end() {
    ended_ = true;
    NCCL_CHECK(ncclGroupEnd);
  }

 private:
  bool ended_ = false;
};

class Transfer : public NcclTransfer {
 public:
  Transfer(int device, std::vector<NcclMessage> messages, std::shared_ptr<const Event> done)
      : device_(device), messages_(std::move(messages)), done_(std::move(done)) {}
  // The tensors' memory may be used again by what the current stream is given next.
  ~Transfer() override {
    try {
      wait();
    } catch (const std::exception&) {
      // The device has failed; whoever uses it next is told.
    }
  }
  void wait() override {
    if (done_) done_->hold_back(current_stream(device_));
    done_.reset();
  }

 private:
  int device_;
  std::vector<NcclMessage> messages_;
  std::shared_ptr<const Event> done_;
};

}  // namespace

Channel::Channel(ncclComm_t communicator,
                 int size,
                 const Place& place,
                 std::shared_ptr<Watch> watch)
    : size_(size),
      device_(place.device),
      stream_(place.stream),
      watch_(std::move(watch)),
      communicator_(communicator) {
  watch_->add(communicator_);
}

Channel::~Channel() { watch_->remove(communicator_); }

template <typename Enqueue>
std::shared_ptr<const Event> Channel::start(const std::string& label, Enqueue&& enqueue) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device_));
  Event(current_stream(device_)).hold_back(stream_);
  watch_->with(communicator_, [&](ncclComm_t communicator) { enqueue(communicator, stream_); });
  // Until then the stream may not have the operation yet.
  watch_->settle(communicator_);
  auto done = std::make_shared<const Event>(stream_);
  watch_->expect(communicator_, label, done);
  return done;
}

template <typename Enqueue>
void Channel::run(const std::string& label, Enqueue&& enqueue) {
  start(label, std::forward<Enqueue>(enqueue))->hold_back(current_stream(device_));
}

void Channel::all_gather(const std::string& label, const at::Tensor& part, const at::Tensor& out) {
  require_dense(part);
  require_dense(out);
  run(label, [&](ncclComm_t communicator, cudaStream_t stream) {
    NCCL_CHECK(ncclAllGather, part.const_data_ptr(), out.mutable_data_ptr(), part.nbytes(),
               ncclUint8, communicator, stream);
  });
}

void Channel::all_to_all(const std::string& label, const at::Tensor& in, const at::Tensor& out) {
  require_dense(in);
  require_dense(out);
  const size_t row = in.nbytes() / static_cast<size_t>(size_);
  const auto* from = static_cast<const char*>(in.const_data_ptr());
  auto* to = static_cast<char*>(out.mutable_data_ptr());
  run(label, [&](ncclComm_t communicator, cudaStream_t stream) {
    Together together;
    for (int peer = 0; peer < size_; ++peer) {
      const size_t offset = row * static_cast<size_t>(peer);
      NCCL_CHECK(ncclSend, from + offset, row, ncclUint8, peer, communicator, stream);
      NCCL_CHECK(ncclRecv, to + offset, row, ncclUint8, peer, communicator, stream);
    }
    together.end();
  });
}

void Channel::all_reduce_sum(const std::string& label, const at::Tensor& tensor) {
  require_dense(tensor);
  const auto type = summed_type(tensor.scalar_type());
  run(label, [&](ncclComm_t communicator, cudaStream_t stream) {
    NCCL_CHECK(ncclAllReduce, tensor.const_data_ptr(), tensor.mutable_data_ptr(),
               static_cast<size_t>(tensor.numel()), type, ncclSum, communicator, stream);
  });
}

void Channel::broadcast(const std::string& label, const at::Tensor& tensor, int root) {
  require_dense(tensor);
  run(label, [&](ncclComm_t communicator, cudaStream_t stream) {
    NCCL_CHECK(ncclBroadcast, tensor.const_data_ptr(), tensor.mutable_data_ptr(), tensor.nbytes(),
               ncclUint8, root, communicator, stream);
  });
}

std::unique_ptr<NcclTransfer> Channel::pass(const std::string& label,
                                            std::vector<NcclMessage> messages) {
  for (const auto& message : messages) require_dense(message.tensor);
  auto done = start(label, [&](ncclComm_t communicator, cudaStream_t stream) {
    Together together;
    for (const auto& [way, tensor, peer] : messages) {
      if (way == NcclMessage::Way::kSend) {
        NCCL_CHECK(ncclSend, tensor.const_data_ptr(), tensor.nbytes(), ncclUint8, peer,
                   communicator, stream);
      } else {
        NCCL_CHECK(ncclRecv, tensor.mutable_data_ptr(), tensor.nbytes(), ncclUint8, peer,
                   communicator, stream);
      }
    }
    together.end();
  });
  return std::make_unique<Transfer>(device_, std::move(messages), std::move(done));
}

void Channel::meet(const std::string& label) {
  const auto token = at::zeros({1}, at::TensorOptions(at::kFloat).device(at::kCUDA, device_));
  const auto done = start(label, [&](ncclComm_t communicator, cudaStream_t stream) {
    NCCL_CHECK(ncclAllReduce, token.const_data_ptr(), token.mutable_data_ptr(), 1, ncclFloat32,
               ncclSum, communicator, stream);
  });
  watch_->wait(*done);
}

}  // namespace kinema::comm
