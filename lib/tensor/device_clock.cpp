// Events measure from each other; the first is put on the host's clock by waiting for it.
#include "tensor/device_clock.h"

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "tensor/device.h"

namespace kinema::tensor {

using Clock = std::chrono::steady_clock;

DeviceClock::DeviceClock(at::Device device) : device_(device) {
  synchronize(device_);
  start_ = mark();
  synchronize(device_);
  start_.host = Clock::now();
}

Mark DeviceClock::mark() const {
  if (device_.is_cpu()) return {Clock::now(), nullptr};
  const c10::impl::VirtualGuardImpl guard(device_.type());
  auto event = std::make_shared<c10::Event>(device_.type(), c10::EventFlag::BACKEND_DEFAULT);
  event->record(guard.getStream(device_));
  return {Clock::now(), std::move(event)};
}

Clock::time_point DeviceClock::time(const Mark& mark) const {
  if (!mark.event) return mark.host;
  const std::chrono::duration<double, std::milli> since(start_.event->elapsedTime(*mark.event));
  return start_.host + std::chrono::duration_cast<Clock::duration>(since);
}

}  // namespace kinema::tensor
