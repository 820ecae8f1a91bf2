// Looks every few milliseconds; a failure aborts everything once.
#include "comm/nccl_module/watch.h"

#include <stdexcept>

namespace kinema::comm {
namespace {

constexpr std::chrono::milliseconds kPeriod{20};
// Starting an operation takes tens of microseconds, connecting for it much longer: at first the
// thread only lets others go first.
constexpr std::chrono::microseconds kEager{200}, kPause{50};

template <typename Time>
void pause_since(Time start) {
  if (Time::clock::now() - start < kEager) {
    std::this_thread::yield();
  } else {
    std::this_thread::sleep_for(kPause);
  }
}

std::string seconds_text(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

Watch::Watch(const NcclSettings& settings) : settings_(settings), thread_([this] { run(); }) {}

Watch::~Watch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Watch::require_whole() const {
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

void Watch::settle(ncclComm_t communicator) {
  const auto start = Clock::now();
  for (;;) {
    ncclResult_t state = ncclSuccess;
    with(communicator, [&](ncclComm_t comm) {
      NCCL_CHECK(ncclCommGetAsyncError, comm, &state);
      check_nccl(state, "NCCL");
    });
    if (state == ncclSuccess) return;
    if (Clock::now() - start > settings_.deadline) {
      throw std::runtime_error("no answer from the others within " +
                               seconds_text(settings_.deadline));
    }
    pause_since(start);
  }
}

void Watch::add(ncclComm_t communicator) {
  const std::lock_guard lock(mutex_);
  communicators_.try_emplace(communicator);
}

void Watch::remove(ncclComm_t communicator) {
  const std::lock_guard lock(mutex_);
  if (communicators_.erase(communicator) > 0) ncclCommAbort(communicator);
}

void Watch::expect(ncclComm_t communicator,
                   const std::string& label,
                   std::shared_ptr<const Event> done) {
  const std::lock_guard lock(mutex_);
  const auto found = communicators_.find(communicator);
  if (found == communicators_.end()) return;  // aborted: the next operation says so
  found->second.push_back({label, std::move(done), Clock::now()});
}

void Watch::wait(const Event& done) {
  const auto start = Clock::now();
  while (!done.passed()) {
    {
      const std::lock_guard lock(mutex_);
      require_whole();
    }
    pause_since(start);
  }
}

std::string Watch::fault_of(ncclComm_t communicator, Queue& queue) {
  try {
    while (!queue.empty() && queue.front().done->passed()) queue.pop_front();
    ncclResult_t state = ncclSuccess;
    NCCL_CHECK(ncclCommGetAsyncError, communicator, &state);
    check_nccl(state, "NCCL");
  } catch (const std::exception& error) {
    return queue.empty() ? error.what() : queue.front().label + ": " + error.what();
  }
  return {};
}

// The operation that has been under way for longest: others may only be waiting for it.
std::string Watch::late() const {
  const Expected* first = nullptr;
  for (const auto& [communicator, queue] : communicators_) {
    if (queue.empty()) continue;
    if (first == nullptr || queue.front().since < first->since) first = &queue.front();
  }
  if (first == nullptr || Clock::now() - first->since < settings_.deadline) return {};
  return first->label + " did not end within " + seconds_text(settings_.deadline);
}

std::string Watch::fault() {
  std::string unnamed;
  for (auto& [communicator, queue] : communicators_) {
    auto reason = fault_of(communicator, queue);
    if (reason.empty()) continue;
    if (!queue.empty()) return reason;
    unnamed = std::move(reason);
  }
  return unnamed.empty() ? late() : unnamed;
}

void Watch::abort_all() {
  for (const auto& [communicator, queue] : communicators_) ncclCommAbort(communicator);
  communicators_.clear();
}

void Watch::run() {
  cudaSetDevice(settings_.device);
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kPeriod, [this] { return stopping_; })) {
    auto reason = fault();
    if (reason.empty()) continue;
    failure_ = std::move(reason);
    abort_all();
    lock.unlock();
    settings_.on_failure(failure_);
    return;
  }
}

}  // namespace kinema::comm
