// Events measure from each other; the first is put on the host's clock by waiting for it.
#include "tensor/device_clock.h"

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "tensor/device.h"

namespace kinema::tensor {
namespace {

using Clock = std::chrono::steady_clock;

Clock::duration between(const c10::Event& begin, const c10::Event& end) {
  const std::chrono::duration<double, std::milli> time(begin.elapsedTime(end));
  return std::chrono::duration_cast<Clock::duration>(time);
}

}  // namespace

DeviceClock::DeviceClock(at::Device device) : device_(device) {
  synchronize(device_);
  start_ = mark();
  synchronize(device_);
  start_.host = Clock::now();
}

Mark DeviceClock::mark() const {
  if (!device_.is_cuda()) return {Clock::now(), nullptr};
  return mark(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
}

Mark DeviceClock::mark(const c10::Stream& stream) const {
  auto event = std::make_shared<c10::Event>(device_.type(), c10::EventFlag::BACKEND_DEFAULT);
  event->record(stream);
  return {Clock::now(), std::move(event)};
}

bool DeviceClock::passed(const Mark& mark) const { return !mark.event || mark.event->query(); }

std::pair<DeviceClock::Time, DeviceClock::Time> DeviceClock::interval(const Mark& begin,
                                                                      const Mark& end) const {
  if (!begin.event) return {begin.host, end.host};
  const auto from = start_.host + between(*start_.event, *begin.event);
  return {from, from + between(*begin.event, *end.event)};
}

}  // namespace kinema::tensor
