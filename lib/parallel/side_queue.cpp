// A stream of LibTorch's pool, and an event of the stream before it.
#include "parallel/side_queue.h"

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace kinema::parallel {

struct SideQueue::State {
  explicit State(at::Device device)
      : device(device),
        guard(device.type()),
        stream(guard.getStreamFromGlobalPool(device)),
        before(device.type()) {
    before.record(guard.getStream(device));
  }

  at::Device device;
  c10::impl::VirtualGuardImpl guard;
  c10::Stream stream;
  c10::Event before;
};

SideQueue::SideQueue(at::Device device) {
  if (!device.is_cpu()) state_ = std::make_unique<State>(device);
}

SideQueue::~SideQueue() = default;

void SideQueue::enter() {
  if (!state_) return;
  state_->guard.setDevice(state_->device);
  state_->guard.exchangeStream(state_->stream);
  state_->before.block(state_->stream);
}

void SideQueue::settle() const {
  if (state_) state_->stream.synchronize();
}

}  // namespace kinema::parallel
