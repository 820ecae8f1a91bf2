// The watch over NCCL's operations, with CUDA and NCCL played by this file: no GPU is needed, and
// none is used.
#include <atomic>
#include <future>
#include <map>

#include <catch2/catch.hpp>

#include "comm/nccl_module/watch.h"

using kinema::comm::Event;
using kinema::comm::NcclSettings;
using kinema::comm::Watch;
using namespace std::chrono_literals;

namespace {

// What the played device and communicators do.
std::atomic<bool> g_events_pass;
std::atomic<ncclResult_t> g_state;
std::atomic<ncclComm_t> g_faulty;  // has that state; null: all have
std::atomic<int> g_aborted;

}  // namespace

extern "C" {
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t*, unsigned) { return cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }
cudaError_t cudaEventQuery(cudaEvent_t) { return g_events_pass ? cudaSuccess : cudaErrorNotReady; }
const char* cudaGetErrorString(cudaError_t) { return "played error"; }
ncclResult_t ncclCommGetAsyncError(ncclComm_t communicator, ncclResult_t* state) {
  const ncclComm_t faulty = g_faulty;
  *state = faulty == nullptr || faulty == communicator ? g_state.load() : ncclSuccess;
  return ncclSuccess;
}
ncclResult_t ncclCommAbort(ncclComm_t) {
  ++g_aborted;
  return ncclSuccess;
}
const char* ncclGetErrorString(ncclResult_t) { return "remote process exited"; }
const char* ncclGetLastError(ncclComm_t) { return ""; }
}

namespace {

const auto kOne = reinterpret_cast<ncclComm_t>(1), kTwo = reinterpret_cast<ncclComm_t>(2);

// A watch over two communicators and what it reports.
struct Watched {
  explicit Watched(std::chrono::milliseconds deadline) {
    g_events_pass = true;
    g_state = ncclSuccess;
    g_faulty = nullptr;
    g_aborted = 0;
    NcclSettings settings;
    settings.deadline = deadline;
    settings.on_failure = [this](const std::string& reason) { failure.set_value(reason); };
    watch = std::make_unique<Watch>(settings);
    watch->add(kOne);
    watch->add(kTwo);
  }
  ~Watched() { watch.reset(); }

  std::string reason() {
    auto told = failure.get_future();
    return told.wait_for(5s) == std::future_status::ready ? told.get() : "nobody was told";
  }

  std::promise<std::string> failure;
  std::unique_ptr<Watch> watch;
};

std::shared_ptr<const Event> event() { return std::make_shared<const Event>(nullptr); }

}  // namespace

TEST_CASE("operations that end in time are nobody's business") {
  Watched watched(60ms);
  watched.watch->expect(kOne, "cfg all_gather #1", event());
  watched.watch->settle(kOne);
  std::this_thread::sleep_for(150ms);
  CHECK_NOTHROW(watched.watch->with(kOne, [](ncclComm_t) {}));
  watched.watch->remove(kOne);
  CHECK(g_aborted == 1);
}

TEST_CASE("an operation that does not end aborts everything once and is named") {
  Watched watched(60ms);
  g_events_pass = false;
  watched.watch->expect(kOne, "ulysses all_to_all #412", event());
  watched.watch->expect(kOne, "ulysses all_to_all #413", event());
  CHECK(watched.reason() == "ulysses all_to_all #412 did not end within 0 s");
  CHECK(g_aborted == 2);
  CHECK_THROWS_WITH(watched.watch->with(kOne, [](ncclComm_t) { FAIL("it is gone"); }),
                    Catch::Contains("#412"));
  watched.watch->remove(kOne);
  CHECK(g_aborted == 2);
}

TEST_CASE("a communicator's error is found while its operation runs") {
  Watched watched(60s);
  g_events_pass = false;
  watched.watch->expect(kOne, "cfg all_gather #2", event());
  g_state = ncclRemoteError;
  CHECK(watched.reason() == "cfg all_gather #2: NCCL: remote process exited");
  CHECK(g_aborted == 2);
}

TEST_CASE("of two streams the operation that has been under way for longest is named") {
  Watched watched(60ms);
  g_events_pass = false;
  watched.watch->expect(kTwo, "weights all_gather #7", event());
  std::this_thread::sleep_for(1ms);
  watched.watch->expect(kOne, "ulysses all_to_all #412", event());
  CHECK(watched.reason() == "weights all_gather #7 did not end within 0 s");
}

TEST_CASE("of two communicators the faulty one's operation is named") {
  const auto faulty = GENERATE(kOne, kTwo);
  Watched watched(60s);
  g_events_pass = false;
  watched.watch->expect(kOne, "ulysses all_to_all #412", event());
  watched.watch->expect(kTwo, "weights all_gather #7", event());
  g_faulty = faulty;
  g_state = ncclRemoteError;
  const std::string label = faulty == kOne ? "ulysses all_to_all #412" : "weights all_gather #7";
  CHECK(watched.reason() == label + ": NCCL: remote process exited");
}

TEST_CASE("a host that waits for the device is freed by a failure") {
  Watched watched(60ms);
  g_events_pass = false;
  const auto done = event();
  watched.watch->expect(kOne, "replica barrier #3", done);
  CHECK_THROWS_WITH(watched.watch->wait(*done), Catch::Contains("replica barrier #3"));
}

TEST_CASE("what goes on in the background is waited for, but not for ever") {
  Watched watched(200ms);
  g_state = ncclInProgress;
  auto later = std::async(std::launch::async, [] {
    std::this_thread::sleep_for(50ms);
    g_state = ncclSuccess;
  });
  CHECK_NOTHROW(watched.watch->settle(kOne));
  g_state = ncclInProgress;
  CHECK_THROWS_WITH(watched.watch->settle(kOne), Catch::Contains("no answer from the others"));
}
