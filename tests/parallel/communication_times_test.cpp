// Operations that are waited for at once are exposed; of those started before, only the wait is.
#include "parallel/communication_times.h"

#include <thread>

#include <catch2/catch.hpp>

using kinema::comm::Moment;
using kinema::comm::Operation;
using kinema::parallel::CommunicationTimes;
using namespace std::chrono_literals;

TEST_CASE("an operation that is waited for at once hides nothing") {
  CommunicationTimes times(at::kCPU);
  const Operation operation{"all_to_all", 1, 100};
  times.note("ulysses/0", operation, Moment::kWaits);
  std::this_thread::sleep_for(2ms);
  times.note("ulysses/0", operation, Moment::kGoesOn);
  const auto taken = times.take();
  REQUIRE(taken.size() == 1);
  const auto& time = taken.at("ulysses/0");
  CHECK(time.operations == 1);
  CHECK(time.seconds >= 0.002);
  CHECK(time.exposed_seconds == time.seconds);
  CHECK(times.take().empty());
}

TEST_CASE("however many operations there are, each is counted once") {
  CommunicationTimes times(at::kCPU);
  for (int64_t i = 0; i < 1000; ++i) {
    times.note("ulysses/0", {"all_to_all", i, 100}, Moment::kWaits);
    times.note("ulysses/0", {"all_to_all", i, 100}, Moment::kGoesOn);
  }
  CHECK(times.take().at("ulysses/0").operations == 1000);
  CHECK(times.take().empty());
}

TEST_CASE("what passes between the start and the wait is hidden, also where two are under way") {
  CommunicationTimes times(at::kCPU);
  const Operation first{"exchange", 1, 100}, second{"exchange", 2, 100};
  times.note("ring/0", first, Moment::kStarts);
  times.note("ring/0", second, Moment::kStarts);
  std::this_thread::sleep_for(5ms);
  for (const auto& operation : {first, second}) {
    times.note("ring/0", operation, Moment::kWaits);
    times.note("ring/0", operation, Moment::kGoesOn);
  }
  // Not waited for yet: counted when it is.
  times.note("ring/0", {"exchange", 3, 100}, Moment::kStarts);
  const auto time = times.take().at("ring/0");
  CHECK(time.operations == 2);
  CHECK(time.seconds - time.exposed_seconds >= 0.01);
}
